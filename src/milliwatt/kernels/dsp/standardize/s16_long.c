/* Channels to one scale with a long multiply, where no multiplier exceeds a half: see scale.h. */
#include "standardize.h"

#include "fixed.h"
#include "scale.h"

void mw_standardize_s16_long(const mw_standardize_params *p, const void *const *x, const int16_t *mean,
                             const int32_t *multiplier, const int8_t *right, void *const *y,
                             int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int16_t *in = x[r];
        int8_t *out = y[r];
        for (int32_t c = 0; c < p->c; c++) {
            const int32_t round = (int32_t)1 << (right[c] - 1);
            const int32_t scaled = mw_scale(in[c] - mean[c], multiplier[c], round, right[c]);
            out[c] = (int8_t)mw_clamp(scaled + p->zero_y, INT8_MIN, INT8_MAX);
        }
    }
}
