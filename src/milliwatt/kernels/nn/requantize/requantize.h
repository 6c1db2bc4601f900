/* Requantisation between integer types. The meaning is in milliwatt/ops/nn/requantize.py. */
#ifndef MW_REQUANTIZE_H
#define MW_REQUANTIZE_H

#include <stdint.h>

#include "fixed.h"

typedef struct {
    int32_t n;              /* elements in a row */
    int32_t zero_x, zero_y; /* integers that stand for 0.0 */
    int32_t multiplier;     /* Q31 */
    int32_t shift;          /* to the left */
    int32_t low, high;      /* limits of the output's type */
    int32_t size_y;         /* bytes of an output element: 1, 2 or 4 */
} mw_requantize_params;

/* Write element i of an output row. */
static inline void mw_requantize_one(const mw_requantize_params *p, int32_t x, void *y, int32_t i)
{
    const int32_t scaled = mw_requantize(x - p->zero_x, p->multiplier, p->shift);
    const int32_t value = mw_clamp(mw_add_wrap(scaled, p->zero_y), p->low, p->high);
    if (p->size_y == 1) {
        ((uint8_t *)y)[i] = (uint8_t)value;
    } else if (p->size_y == 2) {
        ((int16_t *)y)[i] = (int16_t)value;
    } else {
        ((int32_t *)y)[i] = value;
    }
}

/* x  s16 rows [n]; y  rows [n] of any integer type, must not overlap x */
void mw_requantize_s16_scalar(const mw_requantize_params *p, const void *const *x, void *const *y,
                              int32_t rows, void *scratch);

/* x  s32 rows [n]; y  rows [n] of any integer type, must not overlap x */
void mw_requantize_s32_scalar(const mw_requantize_params *p, const void *const *x, void *const *y,
                              int32_t rows, void *scratch);

/* x  s8 rows [n]; y  rows [n] of any integer type, must not overlap x */
void mw_requantize_s8_scalar(const mw_requantize_params *p, const void *const *x, void *const *y,
                             int32_t rows, void *scratch);

/* x  u8 rows [n]; y  rows [n] of any integer type, must not overlap x */
void mw_requantize_u8_scalar(const mw_requantize_params *p, const void *const *x, void *const *y,
                             int32_t rows, void *scratch);

#endif
