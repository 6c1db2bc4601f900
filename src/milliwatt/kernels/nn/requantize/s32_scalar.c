/* Requantisation of s32 in plain C. */
#include "requantize.h"

void mw_requantize_s32_scalar(const mw_requantize_params *p, const void *const *x, void *const *y,
                              int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int32_t *in = x[r];
        for (int32_t i = 0; i < p->n; i++) {
            mw_requantize_one(p, in[i], y[r], i);
        }
    }
}
