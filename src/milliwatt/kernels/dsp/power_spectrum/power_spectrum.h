/* Power of every frequency of frames. The meaning is in milliwatt/ops/dsp/power_spectrum.py. */
#ifndef MW_POWER_SPECTRUM_H
#define MW_POWER_SPECTRUM_H

#include <stdint.h>

typedef struct {
    int32_t channels; /* interleaved in a row */
    int32_t samples;  /* of each channel in a row */
    int32_t frame;    /* samples of a frame, at most 2 * half */
    int32_t hop_rows; /* from one frame to the next */
    int32_t half;     /* complex numbers transformed, a power of two, at least 8 */
} mw_power_spectrum_params;

/* x       s16 rows [samples * channels]; output row r begins with x[r * hop_rows]
 * tapers  s32 [frame], in steps of 2^-16
 * roots   s32 [half / 2, 2], cosine and minus sine, in steps of 2^-31
 * split   s32 [half / 2, 2], in steps of 2^-24
 * y       s64 rows [channels * (half + 1)]; holds the transform on the way; must not overlap x
 */
void mw_power_spectrum_s16_scalar(const mw_power_spectrum_params *p, const void *const *x,
                                  const int32_t *tapers, const int32_t *roots, const int32_t *split,
                                  void *const *y, int32_t rows, void *scratch);

/* As above for one channel, an even number of samples in a row, and half = 16, 64 or 256.
 * tapers  s32 [half / 4, 8], those of the four pairs of samples that meet first
 * roots   s32, for spans 4, 16 and so on [span, 4]: the root of the doubled span, then its square
 */
void mw_power_spectrum_s16_dsp(const mw_power_spectrum_params *p, const void *const *x,
                               const int32_t *tapers, const int32_t *roots, const int32_t *split,
                               void *const *y, int32_t rows, void *scratch);

#endif
