/* Fully connected layer, four inputs by four outputs a step: an input is unpacked once for four
 * outputs. Where the outputs are no multiple of four the last block overlaps the one before it and
 * computes some outputs again, to the same value.
 */
#include "fully_connected.h"

#include "fixed.h"
#include "isa_dsp.h"

static int32_t mla4(uint32_t x02, uint32_t x13, const int8_t *w, int32_t acc)
{
    const uint32_t filter = mw_load4(w);
    return mw_mla2(x13, mw_odd(filter), mw_mla2(x02, mw_even(filter), acc));
}

static void four_outputs(const mw_fully_connected_params *p, const int8_t *row, const int8_t *w,
                         int32_t *acc)
{
    int32_t a = acc[0], b = acc[1], c = acc[2], d = acc[3];
    const int8_t *const end = row + p->k;
    const int8_t *v = w + 2 * p->k;
    for (; row < end; row += 4, w += 4, v += 4) {
        const uint32_t inputs = mw_load4(row);
        const uint32_t x02 = mw_even(inputs), x13 = mw_odd(inputs);
        a = mla4(x02, x13, w, a);
        b = mla4(x02, x13, w + p->k, b);
        c = mla4(x02, x13, v, c);
        d = mla4(x02, x13, v + p->k, d);
    }
    acc[0] = a;
    acc[1] = b;
    acc[2] = c;
    acc[3] = d;
}

void mw_fully_connected_s8_dsp(const mw_fully_connected_params *p, const void *const *x,
                               const int8_t *weights, const int32_t *bias,
                               const int32_t *multiplier, const int32_t *shift, void *const *y,
                               int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t next = 0; next < p->outputs; next += 4) {
            const int32_t o = next + 4 <= p->outputs ? next : p->outputs - 4;
            int32_t acc[4] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
            four_outputs(p, x[r], weights + o * p->k, acc);
            for (int32_t i = 0; i < 4; i++) {
                const int32_t m = (o + i) * p->multiplier_step;
                const int32_t v = mw_requantize(acc[i], multiplier[m], shift[m]) + p->zero_y;
                out[o + i] = (int8_t)mw_clamp(v, p->low, p->high);
            }
        }
    }
}
