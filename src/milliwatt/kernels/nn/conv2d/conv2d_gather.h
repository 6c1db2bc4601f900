/* Collecting the input of one output pixel: shared by the convolution kernels. */
#ifndef MW_CONV2D_GATHER_H
#define MW_CONV2D_GATHER_H

#include "conv2d.h"
#include "memory.h"

/* Copy what the window at column `left` covers, tap by tap, to out [kh, kw, c]; left of and right of
 * the image that is the zero point. So every tap is uniform and the zero point sits in the bias.
 */
static inline void mw_gather(const mw_conv2d_params *p, const void *const *rows, int32_t left,
                             int8_t *out)
{
    for (int32_t i = 0; i < p->kh; i++) {
        const int8_t *row = rows[i * p->dilation_h];
        for (int32_t j = 0; j < p->kw; j++, out += p->c) {
            const int32_t at = left + j * p->dilation_w;
            if (at < 0 || at >= p->w) {
                mw_fill_s8(out, (int8_t)p->zero_x, p->c);
            } else {
                mw_copy_s8(out, row + at * p->c, p->c);
            }
        }
    }
}

/* Return the input of the pixel at column `left`: in place if the window is one tap inside the
 * image, else gathered into `room`. */
static inline const int8_t *mw_pixel_input(const mw_conv2d_params *p, const void *const *rows,
                                           int32_t left, int8_t *room)
{
    if (p->kh == 1 && p->kw == 1 && left >= 0 && left < p->w) {
        return (const int8_t *)rows[0] + left * p->c;
    }
    mw_gather(p, rows, left, room);
    return room;
}

#endif
