/* Convolution of int16 by int8 in plain C, with sums of 64 bits. */
#include "conv2d.h"

#include "wide.h"

static int64_t dot(const mw_conv2d_params *p, const void *const *rows, int32_t left, const int8_t *w,
                   int64_t acc)
{
    for (int32_t i = 0; i < p->kh; i++) {
        const int16_t *row = rows[i * p->dilation_h];
        for (int32_t j = 0; j < p->kw; j++, w += p->c) {
            const int32_t at = left + j * p->dilation_w;
            if (at >= 0 && at < p->w) { /* elsewhere are zeros */
                acc = mw_wide_dot(row + at * p->c, w, p->c, acc);
            }
        }
    }
    return acc;
}

void mw_conv2d_s16_scalar(const mw_conv2d_params *p, const void *const *x,
                          const int8_t *weights, const int64_t *bias,
                          const int16_t *multiplier, const uint8_t *shift, void *const *y,
                          int32_t rows, void *scratch)
{
    (void)scratch;
    const int32_t depth = p->kh * p->kw * p->c;
    for (int32_t r = 0; r < rows; r++) {
        int16_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++) {
            const int32_t left = j * p->stride_w - p->pad_left;
            for (int32_t o = 0; o < p->c_out; o++) {
                const int64_t acc = dot(p, x + r * p->stride_h, left, weights + o * depth, bias[o]);
                *out++ = mw_requantize_wide(acc, multiplier[o], shift[o], p->low, p->high);
            }
        }
    }
}
