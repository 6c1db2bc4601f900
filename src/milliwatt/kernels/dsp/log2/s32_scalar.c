/* Logarithms of 32-bit numbers. */
#include "log2.h"

#include "octaves.h"

void mw_log2_s32_scalar(const mw_log2_params *p, const void *const *x, const int16_t *table,
                        void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int32_t *in = x[r];
        int16_t *out = y[r];
        for (int32_t i = 0; i < p->n; i++) {
            const uint32_t value = (uint32_t)(in[i] < p->floor ? p->floor : in[i]);
            const int32_t zeros = __builtin_clz(value);
            out[i] = mw_octaves_of(value << zeros, 31 - zeros, table);
        }
    }
}
