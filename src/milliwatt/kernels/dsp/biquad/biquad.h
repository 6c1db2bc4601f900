/* Recursive filters of second order. The meaning is in milliwatt/ops/dsp/biquad.py. */
#ifndef MW_BIQUAD_H
#define MW_BIQUAD_H

#include <stdint.h>

typedef struct {
    int32_t rows;
    int32_t c;        /* channels */
    int32_t sections; /* one after the other */
} mw_biquad_params;

/* x             s16 [rows, c]
 * coefficients  s32 [sections, 5]: b0, b1, b2, a1, a2 in steps of 2^-29, within 2^30
 * y             s16 [rows, c], must not overlap x
 * scratch       16 bytes a section
 */
void mw_biquad_s16_scalar(const mw_biquad_params *p, const void *x, const int32_t *coefficients,
                          void *y, void *scratch);

#endif
