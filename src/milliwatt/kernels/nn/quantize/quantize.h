/* Floats to integers. The meaning is in milliwatt/ops/nn/quantize.py. */
#ifndef MW_QUANTIZE_H
#define MW_QUANTIZE_H

#include <stdint.h>

typedef struct {
    int32_t n;         /* elements in a row */
    int32_t zero_y;    /* the integer that stands for 0.0 */
    int32_t low, high; /* limits of the output's type */
    int32_t size_y;    /* bytes of an output element: 1 or 2 */
} mw_quantize_params;

/* x      f32 rows [n]
 * scale  one number
 * y      rows [n] of integers, must not overlap x
 */
void mw_quantize_f32_scalar(const mw_quantize_params *p, const void *const *x, const float *scale,
                            void *const *y, int32_t rows, void *scratch);

#endif
