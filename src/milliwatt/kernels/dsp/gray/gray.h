/* Colour to gray. The meaning is in milliwatt/ops/dsp/gray.py. */
#ifndef MW_GRAY_H
#define MW_GRAY_H

#include <stdint.h>

typedef struct {
    int32_t width;
} mw_gray_params;

/* x  u8 rows [width][3]
 * y  u8 rows [width]; may be x
 */
void mw_gray_u8_scalar(const mw_gray_params *p, const void *const *x, void *const *y, int32_t rows,
                       void *scratch);

#endif
