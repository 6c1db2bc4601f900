/* Integers (s16) to floats in plain C: both factors are exact, so one product rounds once. */
#include "dequantize.h"

void mw_dequantize_s16_scalar(const mw_dequantize_params *p, const void *const *x, const float *scale,
                              void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int16_t *in = x[r];
        float *out = y[r];
        for (int32_t i = 0; i < p->n; i++) {
            out[i] = scale[0] * (float)(in[i] - p->zero_x);
        }
    }
}
