/* Elementwise difference as one linear form. */
#include "sub.h"

#include "linear_sum.h"

void mw_sub_s8_linear(const mw_sub_params *p, const void *const *a, const void *const *b,
                      const int32_t *linear, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    mw_linear_sum_rows(p->inner, p->a_row, p->b_row, a, b, linear, y, rows);
}
