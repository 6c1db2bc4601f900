/* Depthwise convolution in plain C: one sum an output channel, over the pixels of its window. */
#include "depthwise_conv2d.h"

#include "fixed.h"
#include "memory.h"
#include "depthwise_conv2d_taps.h"

static void pixel(const mw_depthwise_conv2d_params *p, const int8_t *const *tap, int32_t taps,
                  const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                  const int32_t *shift, int8_t *out)
{
    int32_t c = 0, copies = 0;
    for (int32_t o = 0; o < p->c_out; o++) {
        const int8_t *w = weights + o;
        int32_t acc = bias[o];
        for (int32_t t = 0; t < taps; t++, w += p->c_out) {
            acc = mw_add_wrap(acc, tap[t][c] * *w);
        }
        acc = mw_requantize(acc, multiplier[o], shift[o]) + p->zero_y;
        out[o] = (int8_t)mw_clamp(acc, p->low, p->high);
        if (++copies == p->depth_multiplier) {
            copies = 0;
            c++;
        }
    }
}

void mw_depthwise_conv2d_s8_scalar(const mw_depthwise_conv2d_params *p, const void *const *x,
                                   const int8_t *weights, const int32_t *bias,
                                   const int32_t *multiplier, const int32_t *shift,
                                   void *const *y, int32_t rows, void *scratch)
{
    const int32_t taps = p->kh * p->kw;
    const int8_t **tap = scratch;
    int8_t *outside = (int8_t *)(tap + taps);
    mw_fill_s8(outside, (int8_t)p->zero_x, p->c);
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++, out += p->c_out) {
            mw_find_taps(p, x + r * p->stride_h, j * p->stride_w - p->pad_left, outside, tap);
            pixel(p, tap, taps, weights, bias, multiplier, shift, out);
        }
    }
}
