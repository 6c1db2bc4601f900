/* Average of an image, int8 NHWC. The meaning is in milliwatt/ops/nn/global_average_pool.py. */
#ifndef MW_GLOBAL_AVERAGE_POOL_H
#define MW_GLOBAL_AVERAGE_POOL_H

#include <stdint.h>

typedef struct {
    int32_t h, w, c;                 /* input: rows, pixels in a row, channels */
    int32_t half, reciprocal, shift; /* count / 2, and 2^shift / count rounded up */
    int32_t low, high;               /* clamp, on the stored integer */
} mw_global_average_pool_params;

/* x  s8 rows [w, c], from row first of the image
 * y  s8 [c], written after the last row
 * scratch  c sums of int32, kept from the first row to the last
 */
void mw_global_average_pool_s8_scalar(const mw_global_average_pool_params *p, const void *const *x,
                                      void *y, int32_t first, int32_t rows, void *scratch);

/* As above, for rows of at most 255 pixels. */
void mw_global_average_pool_s8_dsp(const mw_global_average_pool_params *p, const void *const *x,
                                   void *y, int32_t first, int32_t rows, void *scratch);

#endif
