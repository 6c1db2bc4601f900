/* Depthwise convolution by windows of any size, for cores whose multiplier gives one product a time: four
 * channels of a pixel, so that finding a tap is shared. Where the channels are no multiple of four the
 * last block overlaps the one before it and computes some channels again, to the same value.
 */
#ifndef MW_DEPTHWISE_CONV2D_FOURS_H
#define MW_DEPTHWISE_CONV2D_FOURS_H

#include "depthwise_conv2d.h"
#include "depthwise_conv2d_taps.h"
#include "fixed.h"
#include "memory.h"
#include "rescale.h"

enum { MW_FOUR = 4 };

/* Requantisation of one sum; `multiplier` points at the channel's, which takes four bytes. */
typedef int32_t mw_fours_rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero);

/* Everything about a call that does not change from pixel to pixel. */
typedef struct {
    const mw_depthwise_conv2d_params *p;
    const int8_t *weights;
    const int32_t *scales;
    const int8_t *shift;
    mw_fours_rescale *rescale;
} mw_fours_layer;

static inline void mw_fours_sums(const int8_t *const *tap, const int8_t *const *end, int32_t channel,
                                 const int8_t *w, int32_t channels, int32_t *sums)
{
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    do {
        const int8_t *x = *tap++ + channel;
        s0 = mw_add_wrap(s0, x[0] * w[0]);
        s1 = mw_add_wrap(s1, x[1] * w[1]);
        s2 = mw_add_wrap(s2, x[2] * w[2]);
        s3 = mw_add_wrap(s3, x[3] * w[3]);
        w += channels;
    } while (tap != end);
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

static inline void mw_fours_pixel(const mw_fours_layer *l, const int8_t *const *tap,
                                  const int8_t *const *end, int8_t *out)
{
    const int32_t channels = l->p->c, zero = l->p->zero_y;
    for (int32_t next = 0; next < channels; next += MW_FOUR) {
        const int32_t c = next + MW_FOUR <= channels ? next : channels - MW_FOUR;
        int32_t sums[MW_FOUR];
        mw_fours_sums(tap, end, c, l->weights + c, channels, sums);
        const int32_t *scale = l->scales + 2 * c;
        for (int32_t k = 0; k < MW_FOUR; k++, scale += 2) {
            const int32_t acc = mw_add_wrap(sums[k], scale[0]);
            out[c + k] = (int8_t)l->rescale(acc, scale + 1, l->shift[c + k], zero);
        }
    }
}

/* scratch: kh * kw pointers and a pixel of zero points */
static inline void mw_fours_rows(const mw_fours_layer *l, const void *const *x, void *const *y,
                                 int32_t rows, void *scratch)
{
    const mw_depthwise_conv2d_params *p = l->p;
    const int8_t **tap = scratch;
    const int8_t **end = tap + p->kh * p->kw;
    int8_t *outside = (int8_t *)end;
    mw_fill_s8(outside, (int8_t)p->zero_x, p->c);
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++) {
            mw_find_taps(p, x + r * p->stride_h, j * p->stride_w - p->pad_left, outside, tap);
            mw_fours_pixel(l, tap, end, out + j * p->c);
        }
        if (p->low > INT8_MIN || p->high < INT8_MAX) {
            for (int32_t i = 0; i < p->ow * p->c; i++) {
                out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
            }
        }
    }
}

#endif
