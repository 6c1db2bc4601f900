/* Elementwise sum and difference, int8. The meaning is in milliwatt/ops/nn/add.py and sub.py. */
#ifndef MW_SUM_H
#define MW_SUM_H

#include <stdint.h>

#include "fixed.h"

typedef struct {
    int32_t outer, inner;            /* loops over a row of y */
    int32_t a_row, a_outer, a_inner; /* steps in a: row pointers, elements, elements */
    int32_t b_row, b_outer, b_inner;
    int32_t zero_a, multiplier_a, right_a; /* Q31, and how far to shift right after it */
    int32_t zero_b, multiplier_b, right_b;
    int32_t zero_y, multiplier_y, right_y;
    int32_t low, high; /* clamp, on the stored integer */
} mw_sum_params;

/* A rounding shift to the right by a distance that is the same for many numbers. */
typedef struct {
    int32_t bits, half, below_zero;
} mw_sum_shift;

static inline mw_sum_shift mw_sum_shift_by(int32_t bits)
{
    const mw_sum_shift s = {bits, bits > 0 ? 1 << (bits - 1) : 0, bits > 0 ? -1 : 0};
    return s;
}

/* round(x * multiplier / 2^31), ties upward, then round(… / 2^bits), ties away from zero: what
 * mw_requantize does, for |x| <= 2^30, where x doubled still fits and the high word is the product. */
static inline int32_t mw_sum_scale(int32_t x, int32_t multiplier, mw_sum_shift s)
{
    const int64_t product = (int64_t)(x * 2) * multiplier;
    const int32_t high = (int32_t)((product + ((int64_t)1 << 31)) >> 32);
    return (high + s.half + ((high >> 31) & s.below_zero)) >> s.bits;
}

/* y = a + sign * b; sign is 1 or -1. */
static inline void mw_sum_rows(const mw_sum_params *p, int32_t sign, const void *const *a,
                               const void *const *b, void *const *y, int32_t rows)
{
    const mw_sum_shift shift_a = mw_sum_shift_by(p->right_a);
    const mw_sum_shift shift_b = mw_sum_shift_by(p->right_b);
    const mw_sum_shift shift_y = mw_sum_shift_by(p->right_y);
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *row_a = a[r * p->a_row];
        const int8_t *row_b = b[r * p->b_row];
        int8_t *out = y[r];
        for (int32_t i = 0; i < p->outer; i++, row_a += p->a_outer, row_b += p->b_outer) {
            const int8_t *at_a = row_a, *at_b = row_b;
            for (int32_t k = 0; k < p->inner; k++, at_a += p->a_inner, at_b += p->b_inner) {
                const int32_t fine_a = (*at_a - p->zero_a) * (1 << 20);
                const int32_t fine_b = (*at_b - p->zero_b) * (1 << 20);
                const int32_t sum = mw_sum_scale(fine_a, p->multiplier_a, shift_a)
                                    + sign * mw_sum_scale(fine_b, p->multiplier_b, shift_b);
                const int32_t v = mw_sum_scale(sum, p->multiplier_y, shift_y) + p->zero_y;
                *out++ = (int8_t)mw_clamp(v, p->low, p->high);
            }
        }
    }
}

#endif
