/* Loudness of mel bands. The meaning is in milliwatt/ops/dsp/micro_filterbank.py. */
#ifndef MW_MICRO_FILTERBANK_H
#define MW_MICRO_FILTERBANK_H

#include <stdint.h>

typedef struct {
    int32_t hop;   /* samples in a row */
    int32_t hops;  /* rows in a frame */
    int32_t lines; /* half the length of the transform, a power of four */
    int32_t first; /* the lowest line that counts */
    int32_t bands;
} mw_micro_filterbank_params;

/* x         s16 rows [hop]; output row r reads rows x[r + i], i < hops
 * window    [hops * hop], in steps of 1 / 4096
 * roots     [lines][2], real and imaginary parts
 * split     [lines / 2][2]
 * widths    [bands + 1], lines that lead up to each band
 * falling   [sum of widths], in steps of 1 / 4096
 * y         s32 rows [bands]
 * scratch   8 * lines bytes
 */
void mw_micro_filterbank_s16_scalar(const mw_micro_filterbank_params *p, const void *const *x,
                                    const int16_t *window, const int16_t *roots,
                                    const int16_t *split, const int16_t *widths,
                                    const int16_t *falling, void *const *y, int32_t rows,
                                    void *scratch);

#endif
