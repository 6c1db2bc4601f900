/* Fully connected layer with weights of 4 bits: the inputs widened once, then two outputs at a time.
 * What the weights are too large by is taken off as in conv2d/s8_s4_dsp.c. */
#include "fully_connected.h"

#include "int4.h"

static int8_t finish(const mw_fully_connected_params *p, int32_t acc, int32_t multiplier,
                     int32_t shift)
{
    const int32_t v = mw_requantize(acc, multiplier, shift) + p->zero_y;
    return (int8_t)mw_clamp(v, p->low, p->high);
}

void mw_fully_connected_s8_s4_dsp(const mw_fully_connected_params *p, const void *const *x,
                                  const int32_t *weights, const int32_t *bias,
                                  const int32_t *multiplier, const int8_t *shift, void *const *y,
                                  int32_t rows, void *scratch)
{
    const int32_t words = (p->k + MW_INT4_TAPS - 1) / MW_INT4_TAPS, step = p->multiplier_step;
    for (int32_t r = 0; r < rows; r++) {
        const uint32_t excess = (uint32_t)mw_int4_widen(x[r], p->k, scratch, 1);
        const int32_t *w = weights;
        int8_t *out = y[r];
        for (int32_t o = 0; o < p->outputs; o += 2, w += words) {
            const int32_t next = o + 1 < p->outputs ? 1 : 0; /* the last odd output twice */
            int32_t first = mw_add_wrap(bias[o], (int32_t)(0u - excess));
            int32_t second = mw_add_wrap(bias[o + next], (int32_t)(0u - excess));
            const uint32_t *in = scratch;
            for (const int32_t *const end = w + words; w < end; w++, in += 4) {
                first = mw_int4_mla8(in, 1, *w, first);
                second = mw_int4_mla8(in, 1, w[next * words], second);
            }
            const int32_t m = o * step, n = (o + next) * step;
            out[o + next] = finish(p, second, multiplier[n], shift[n]);
            out[o] = finish(p, first, multiplier[m], shift[m]);
        }
    }
}
