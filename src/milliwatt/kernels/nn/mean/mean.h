/* Mean over axes, int8. The meaning is in milliwatt/ops/nn/mean.py. */
#ifndef MW_MEAN_H
#define MW_MEAN_H

#include <stdint.h>

typedef struct {
    int32_t rows_total;             /* input: rows */
    int32_t outer, averaged, inner; /* a row of x; the middle is averaged */
    int32_t offset;                 /* added to a sum: -zero_x times how many it is of */
    int32_t zero_y;                 /* integer that stands for 0.0 */
    int32_t multiplier, shift;      /* Q31, and how far to shift, to the left */
} mw_mean_params;

/* Rows are averaged with each other.
 *
 * x  s8 rows [outer, averaged, inner], from row first of the input
 * y  s8 [outer, inner], written after the last row
 * scratch  outer * inner sums of int32, kept from the first row to the last
 */
void mw_mean_s8_scalar(const mw_mean_params *p, const void *const *x, void *y, int32_t first,
                       int32_t rows, void *scratch);

/* Each row by itself.
 *
 * x  s8 rows [outer, averaged, inner]
 * y  s8 rows [outer, inner], must not overlap x
 * scratch is unused and may be NULL.
 */
void mw_mean_s8_within_rows(const mw_mean_params *p, const void *const *x, void *const *y,
                            int32_t rows, void *scratch);

#endif
