/* The strongest peaks of spectra. The meaning is in milliwatt/ops/dsp/spectral_peaks.py. */
#ifndef MW_SPECTRAL_PEAKS_H
#define MW_SPECTRAL_PEAKS_H

#include <stdint.h>

typedef struct {
    int32_t count;    /* peaks of a spectrum */
    int32_t first;    /* the lowest frequency that can be one, at least 1 */
    int32_t channels; /* spectra in a row */
    int32_t bins;     /* frequencies of one, at least first + 2, at most 2^15 + 1 */
} mw_spectral_peaks_params;

/* x      s64 rows [channels * bins]
 * table  s16 [32, 2], see octaves.h
 * y      s16 rows [channels * 2 * count]: positions, then octaves, of each channel; must not overlap x
 */
void mw_spectral_peaks_s64_scalar(const mw_spectral_peaks_params *p, const void *const *x,
                                  const int16_t *table, void *const *y, int32_t rows, void *scratch);

#endif
