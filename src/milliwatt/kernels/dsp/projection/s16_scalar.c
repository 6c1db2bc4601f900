/* Linear maps in plain C. */
#include "projection.h"

#include "fixed.h"

void mw_projection_s16_scalar(const mw_projection_params *p, const void *const *x, const int16_t *weights,
                              void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int16_t *in = x[r], *w = weights;
        int16_t *out = y[r];
        for (int32_t c = 0; c < p->outputs; c++) {
            int32_t sum = (int32_t)1 << (p->shift - 1);
            for (int32_t i = 0; i < p->inputs; i++) {
                sum += in[i] * *w++;
            }
            out[c] = (int16_t)mw_clamp(sum >> p->shift, INT16_MIN, INT16_MAX);
        }
    }
}
