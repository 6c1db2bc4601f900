/* Sum and difference as one linear form, y = saturate(floor((a * p + b * q + r) / 2^22)), where it
 * was tried for all 65536 pairs of operands and gives what the reference gives: see linear_sum.py.
 */
#ifndef MW_LINEAR_SUM_H
#define MW_LINEAR_SUM_H

#include <stdint.h>

#include "fixed.h"

enum { MW_LINEAR_SHIFT = 22 };

/* linear: p, q, r; no sum of any of the terms overflows. */
static inline void mw_linear_sum_rows(int32_t count, int32_t a_row, int32_t b_row,
                                      const void *const *a, const void *const *b,
                                      const int32_t *linear, void *const *y, int32_t rows)
{
    const int32_t p = linear[0], q = linear[1], r = linear[2];
    for (int32_t row = 0; row < rows; row++) {
        const int8_t *from_a = a[row * a_row];
        const int8_t *from_b = b[row * b_row];
        int8_t *out = y[row];
        for (int32_t k = 0; k < count; k++) {
            const int32_t v = (from_a[k] * p + (from_b[k] * q + r)) >> MW_LINEAR_SHIFT;
            out[k] = (int8_t)mw_clamp(v, INT8_MIN, INT8_MAX);
        }
    }
}

#endif
