/* Elementwise sum and difference, int8. The meaning is in milliwatt/ops/nn/add.py and sub.py. */
#ifndef MW_SUM_H
#define MW_SUM_H

#include <stdint.h>

#include "fixed.h"

typedef struct {
    int32_t outer, inner;            /* loops over a row of y */
    int32_t a_row, a_outer, a_inner; /* steps in a: row pointers, elements, elements */
    int32_t b_row, b_outer, b_inner;
    int32_t zero_a, multiplier_a, round_a, right_a; /* see mw_sum_scale */
    int32_t zero_b, multiplier_b, round_b, right_b;
    int32_t zero_y, multiplier_y, round_y, right_y;
    int32_t low, high; /* clamp, on the stored integer */
} mw_sum_params;

/* What mw_requantize does for |x| < 2^28 and a shift of -(right - 1) <= 0, in fewer instructions.
 *
 * x doubled still fits, so the first rounding is the high word of a product. The second, ties away from
 * zero, works on twice the number, with round = 2^(right - 1): below zero one is taken off, which tells
 * only at a tie since what it is taken off is even. A product rounded to 0 is no tie, so that the sign
 * of x serves for the product's.
 */
static inline int32_t mw_sum_scale(int32_t x, int32_t multiplier, int32_t round, int32_t right)
{
    const int64_t product = (int64_t)(x * 2) * multiplier;
    const int32_t high = (int32_t)((product + ((int64_t)1 << 31)) >> 32);
    return (high * 2 + round + (x >> 31)) >> right;
}

/* y = a + sign * b; sign is 1 or -1. */
static inline void mw_sum_rows(const mw_sum_params *p, int32_t sign, const void *const *a,
                               const void *const *b, void *const *y, int32_t rows)
{
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *row_a = a[r * p->a_row];
        const int8_t *row_b = b[r * p->b_row];
        int8_t *out = y[r];
        for (int32_t i = 0; i < p->outer; i++, row_a += p->a_outer, row_b += p->b_outer) {
            const int8_t *at_a = row_a, *at_b = row_b;
            for (int32_t k = 0; k < p->inner; k++, at_a += p->a_inner, at_b += p->b_inner) {
                const int32_t fine_a = (*at_a - p->zero_a) * (1 << 20);
                const int32_t fine_b = (*at_b - p->zero_b) * (1 << 20);
                const int32_t scaled_a =
                    mw_sum_scale(fine_a, p->multiplier_a, p->round_a, p->right_a);
                const int32_t scaled_b =
                    mw_sum_scale(fine_b, p->multiplier_b, p->round_b, p->right_b);
                const int32_t v = mw_sum_scale(scaled_a + sign * scaled_b, p->multiplier_y, p->round_y,
                                               p->right_y)
                                  + p->zero_y;
                *out++ = (int8_t)mw_clamp(v, p->low, p->high);
            }
        }
    }
}

#endif
