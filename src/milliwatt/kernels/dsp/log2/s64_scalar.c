/* Logarithms of 64-bit numbers. */
#include "log2.h"

#include "octaves.h"

void mw_log2_s64_scalar(const mw_log2_params *p, const void *const *x, const int16_t *table,
                        void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int64_t *in = x[r];
        int16_t *out = y[r];
        for (int32_t i = 0; i < p->n; i++) {
            out[i] = mw_octaves_from(in[i], p->floor, table);
        }
    }
}
