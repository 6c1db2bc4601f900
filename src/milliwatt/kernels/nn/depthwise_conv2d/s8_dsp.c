/* Depthwise convolution, four channels at a time: their sums stay in registers over all taps. */
#include "depthwise_conv2d.h"

#include "fixed.h"
#include "isa_dsp.h"
#include "memory.h"
#include "depthwise_conv2d_taps.h"

static void pixel(const mw_depthwise_conv2d_params *p, const int8_t *const *tap, int32_t taps,
                  const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                  const int32_t *shift, int8_t *out)
{
    for (int32_t c = 0; c < p->c; c += 4) {
        const int8_t *w = weights + c;
        int32_t acc[4] = {bias[c], bias[c + 1], bias[c + 2], bias[c + 3]};
        for (int32_t t = 0; t < taps; t++, w += p->c) {
            const uint32_t pixels = mw_load4(tap[t] + c);
            const uint32_t filter = mw_load4(w);
            const uint32_t x02 = mw_even(pixels), x13 = mw_odd(pixels);
            const uint32_t w02 = mw_even(filter), w13 = mw_odd(filter);
            acc[0] = mw_mla_low(x02, w02, acc[0]);
            acc[1] = mw_mla_low(x13, w13, acc[1]);
            acc[2] = mw_mla_high(x02, w02, acc[2]);
            acc[3] = mw_mla_high(x13, w13, acc[3]);
        }
        for (int32_t k = 0; k < 4; k++) {
            const int32_t v = mw_requantize(acc[k], multiplier[c + k], shift[c + k]) + p->zero_y;
            out[c + k] = (int8_t)mw_clamp(v, p->low, p->high);
        }
    }
}

void mw_depthwise_conv2d_s8_dsp(const mw_depthwise_conv2d_params *p, const void *const *x,
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
