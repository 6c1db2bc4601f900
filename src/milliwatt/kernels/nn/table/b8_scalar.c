/* A tabulated function in plain C. */
#include "table.h"

void mw_table_b8_scalar(const mw_table_params *p, const void *const *x, const uint8_t *table,
                        void *const *y, int32_t rows, void *scratch)
{
    const int32_t count = p->row; /* read once: the stores below might alias it */
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const uint8_t *from = x[r];
        uint8_t *to = y[r];
        for (int32_t i = 0; i < count; i++) {
            *to++ = table[*from++];
        }
    }
}
