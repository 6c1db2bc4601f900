/* Fully connected layer of int16 by int8 in plain C, with sums of 64 bits. */
#include "fully_connected.h"

#include "wide.h"

void mw_fully_connected_s16_scalar(const mw_fully_connected_params *p, const void *const *x,
                                   const int8_t *weights, const int64_t *bias,
                                   const int16_t *multiplier, const uint8_t *shift, void *const *y,
                                   int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int16_t *row = x[r];
        const int8_t *w = weights;
        int16_t *out = y[r];
        for (int32_t o = 0; o < p->outputs; o++, w += p->k) {
            const int64_t acc = mw_wide_dot(row, w, p->k, bias[o]);
            const int32_t m = o * p->multiplier_step;
            out[o] = mw_requantize_wide(acc, multiplier[m], shift[m], p->low, p->high);
        }
    }
}
