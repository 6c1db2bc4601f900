/* Elementwise difference in plain C. */
#include "sub.h"

void mw_sub_s8_scalar(const mw_sub_params *p, const void *const *a, const void *const *b,
                      void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    mw_sum_rows(p, -1, a, b, y, rows);
}
