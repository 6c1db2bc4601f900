/* Elementwise product in plain C. */
#include "mul.h"

#include "fixed.h"
#include "scale.h"

void mw_mul_s8_scalar(const mw_mul_params *p, const void *const *a, const void *const *b,
                      void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *row_a = a[r * p->a_row];
        const int8_t *row_b = b[r * p->b_row];
        int8_t *out = y[r];
        for (int32_t i = 0; i < p->outer; i++, row_a += p->a_outer, row_b += p->b_outer) {
            const int8_t *at_a = row_a, *at_b = row_b;
            for (int32_t k = 0; k < p->inner; k++, at_a += p->a_inner, at_b += p->b_inner) {
                const int32_t product = (*at_a - p->zero_a) * (*at_b - p->zero_b);
                const int32_t v = mw_scale(product * (1 << p->left), p->multiplier_y, p->round_y,
                                           p->right_y);
                *out++ = (int8_t)mw_clamp(v + p->zero_y, p->low, p->high);
            }
        }
    }
}
