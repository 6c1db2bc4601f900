/* Elementwise product, int8, with broadcasting. The meaning is in milliwatt/ops/nn/mul.py. */
#ifndef MW_MUL_H
#define MW_MUL_H

#include <stdint.h>

typedef struct {
    int32_t outer, inner;            /* loops over a row of y */
    int32_t a_row, a_outer, a_inner; /* steps in a: row pointers, elements, elements */
    int32_t b_row, b_outer, b_inner;
    int32_t zero_a, zero_b;          /* integers that stand for 0.0 */
    int32_t left;                    /* of the product, at most 14 */
    int32_t zero_y, multiplier_y, round_y, right_y; /* see mw_scale */
    int32_t low, high;               /* clamp, on the stored integer */
} mw_mul_params;

/* a  s8 rows, one for each output row, or one for all
 * b  s8 rows, likewise
 * y  s8 rows [outer, inner]; may be a or b where those are not broadcast
 * scratch is unused and may be NULL.
 */
void mw_mul_s8_scalar(const mw_mul_params *p, const void *const *a, const void *const *b,
                      void *const *y, int32_t rows, void *scratch);

#endif
