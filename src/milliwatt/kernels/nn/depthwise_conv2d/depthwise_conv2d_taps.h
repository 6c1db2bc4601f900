/* Where the taps of a window find their pixels: shared by the depthwise kernels. */
#ifndef MW_DEPTHWISE_CONV2D_TAPS_H
#define MW_DEPTHWISE_CONV2D_TAPS_H

#include "depthwise_conv2d.h"

/* Point tap[i * kw + j] at the pixel that tap (i, j) reads; left of and right of the image that is
 * `outside`, one pixel of zero points. So every tap is uniform and the zero point sits in the bias.
 */
static inline void mw_find_taps(const mw_depthwise_conv2d_params *p, const void *const *rows,
                                int32_t left, const int8_t *outside, const int8_t **tap)
{
    for (int32_t i = 0; i < p->kh; i++) {
        const int8_t *row = rows[i * p->dilation_h];
        for (int32_t j = 0; j < p->kw; j++) {
            const int32_t at = left + j * p->dilation_w;
            *tap++ = at < 0 || at >= p->w ? outside : row + at * p->c;
        }
    }
}

#endif
