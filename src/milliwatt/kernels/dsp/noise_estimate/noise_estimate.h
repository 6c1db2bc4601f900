/* The noise in each band. The meaning is in milliwatt/ops/dsp/noise_estimate.py. */
#ifndef MW_NOISE_ESTIMATE_H
#define MW_NOISE_ESTIMATE_H

#include <stdint.h>

typedef struct {
    int32_t rows;
    int32_t bands;
    int32_t even; /* the new frame's share, in steps of 1 / 16384 */
    int32_t odd;
} mw_noise_estimate_params;

/* x        s32 [rows][bands]
 * before   s32 [bands], the estimate so far
 * y        s32 [rows][bands]; must not overlap x
 */
void mw_noise_estimate_s32_scalar(const mw_noise_estimate_params *p, const void *x,
                                  const void *before, void *y, void *scratch);

#endif
