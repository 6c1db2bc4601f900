/* Elementwise sum, int8, with broadcasting. The meaning is in milliwatt/ops/nn/add.py. */
#ifndef MW_ADD_H
#define MW_ADD_H

#include <stdint.h>

#include "sum.h"

typedef mw_sum_params mw_add_params;

/* a  s8 rows, one for each output row, or one for all
 * b  s8 rows, likewise
 * y  s8 rows [outer, inner]; may be a or b where those are not broadcast
 * scratch is unused and may be NULL.
 */
void mw_add_s8_scalar(const mw_add_params *p, const void *const *a, const void *const *b,
                      void *const *y, int32_t rows, void *scratch);

/* As above without broadcasting within a row, where one linear form is exact: see linear_sum.py.
 * linear  s32 [3]: slopes of a and b, offset
 */
void mw_add_s8_linear(const mw_add_params *p, const void *const *a, const void *const *b,
                      const int32_t *linear, void *const *y, int32_t rows, void *scratch);

#endif
