/* Elementwise sum and difference, int8. The meaning is in milliwatt/ops/nn/add.py and sub.py. */
#ifndef MW_SUM_H
#define MW_SUM_H

#include <stdint.h>

#include "fixed.h"
#include "scale.h"

typedef struct {
    int32_t outer, inner;            /* loops over a row of y */
    int32_t a_row, a_outer, a_inner; /* steps in a: row pointers, elements, elements */
    int32_t b_row, b_outer, b_inner;
    int32_t zero_a, multiplier_a, round_a, right_a; /* see mw_scale */
    int32_t zero_b, multiplier_b, round_b, right_b;
    int32_t zero_y, multiplier_y, round_y, right_y;
    int32_t low, high; /* clamp, on the stored integer */
} mw_sum_params;

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
                const int32_t same_a = mw_scale(fine_a, p->multiplier_a, p->round_a, p->right_a);
                const int32_t same_b = mw_scale(fine_b, p->multiplier_b, p->round_b, p->right_b);
                const int32_t sum = same_a + sign * same_b;
                const int32_t v = mw_scale(sum, p->multiplier_y, p->round_y, p->right_y);
                *out++ = (int8_t)mw_clamp(v + p->zero_y, p->low, p->high);
            }
        }
    }
}

#endif
