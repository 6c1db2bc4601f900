/* Filters of finite response in plain C. */
#include "fir.h"

#include "fixed.h"

void mw_fir_s16_scalar(const mw_fir_params *p, const void *const *x, const int16_t *taps,
                       void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const void *const *in = x + r * p->hop;
        int16_t *out = y[r];
        for (int32_t c = 0; c < p->c; c++) {
            int32_t sum = (int32_t)1 << (p->shift - 1);
            for (int32_t i = 0; i < p->taps; i++) {
                sum += taps[i] * ((const int16_t *)in[i])[c];
            }
            out[c] = (int16_t)mw_clamp(sum >> p->shift, INT16_MIN, INT16_MAX);
        }
    }
}
