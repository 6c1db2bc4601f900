/* Fully connected layer in plain C. */
#include "fully_connected.h"

#include "fixed.h"

void mw_fully_connected_s8_scalar(const mw_fully_connected_params *p, const void *const *x,
                                  const int8_t *weights, const int32_t *bias,
                                  const int32_t *multiplier, const int32_t *shift, void *const *y,
                                  int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *row = x[r];
        const int8_t *w = weights;
        int8_t *out = y[r];
        for (int32_t o = 0; o < p->outputs; o++, w += p->k) {
            int32_t acc = bias[o];
            for (int32_t k = 0; k < p->k; k++) {
                acc = mw_add_wrap(acc, row[k] * w[k]);
            }
            const int32_t m = o * p->multiplier_step;
            acc = mw_requantize(acc, multiplier[m], shift[m]) + p->zero_y;
            out[o] = (int8_t)mw_clamp(acc, p->low, p->high);
        }
    }
}
