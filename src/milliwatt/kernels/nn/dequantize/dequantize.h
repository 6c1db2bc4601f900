/* Integers to floats. The meaning is in milliwatt/ops/nn/dequantize.py. */
#ifndef MW_DEQUANTIZE_H
#define MW_DEQUANTIZE_H

#include <stdint.h>

typedef struct {
    int32_t n;      /* elements in a row */
    int32_t zero_x; /* the integer that stands for 0.0 */
} mw_dequantize_params;

/* x  s16 rows [n]; scale  one number; y  f32 rows [n], must not overlap x */
void mw_dequantize_s16_scalar(const mw_dequantize_params *p, const void *const *x, const float *scale,
                              void *const *y, int32_t rows, void *scratch);

/* x  s8 rows [n]; scale  one number; y  f32 rows [n], must not overlap x */
void mw_dequantize_s8_scalar(const mw_dequantize_params *p, const void *const *x, const float *scale,
                             void *const *y, int32_t rows, void *scratch);

/* x  u8 rows [n]; scale  one number; y  f32 rows [n], must not overlap x */
void mw_dequantize_u8_scalar(const mw_dequantize_params *p, const void *const *x, const float *scale,
                             void *const *y, int32_t rows, void *scratch);

#endif
