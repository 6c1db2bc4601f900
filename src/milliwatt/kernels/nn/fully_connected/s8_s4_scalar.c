/* Fully connected layer with weights of 4 bits in plain C. */
#include "fully_connected.h"

#include "int4.h"

void mw_fully_connected_s8_s4_scalar(const mw_fully_connected_params *p, const void *const *x,
                                     const uint8_t *weights, const int32_t *bias,
                                     const int32_t *multiplier, const int8_t *shift,
                                     void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    const int32_t pitch = (p->k + 1) / 2;
    for (int32_t r = 0; r < rows; r++) {
        const uint8_t *w = weights;
        int8_t *out = y[r];
        for (int32_t o = 0; o < p->outputs; o++, w += pitch) {
            const int32_t m = o * p->multiplier_step;
            const int32_t acc = mw_int4_dot(x[r], w, p->k, bias[o]);
            const int32_t v = mw_requantize(acc, multiplier[m], shift[m]) + p->zero_y;
            out[o] = (int8_t)mw_clamp(v, p->low, p->high);
        }
    }
}
