/* Average pooling, int8 NHWC. The meaning is in milliwatt/ops/nn/average_pool2d.py. */
#ifndef MW_AVERAGE_POOL2D_H
#define MW_AVERAGE_POOL2D_H

#include <stdint.h>

#include "pool.h"

typedef mw_pool_params mw_average_pool2d_params;

/* x  s8 rows [w, c], NULL where outside; output row r reads rows x[r * stride_h + i], i < kh
 * y  s8 rows [ow, c], must not overlap x
 * scratch is unused and may be NULL.
 */
void mw_average_pool2d_s8_scalar(const mw_average_pool2d_params *p, const void *const *x,
                                 void *const *y, int32_t rows, void *scratch);

#endif
