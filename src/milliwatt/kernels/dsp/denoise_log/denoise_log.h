/* Loudness and noise to features. The meaning is in milliwatt/ops/dsp/denoise_log.py. */
#ifndef MW_DENOISE_LOG_H
#define MW_DENOISE_LOG_H

#include <stdint.h>

typedef struct {
    int32_t bands;
    int32_t multiplier; /* steps of y for one of a logarithm, times 2^31 */
    int32_t zero_y;
} mw_denoise_log_params;

/* x       s32 rows [bands], loudness
 * noise   s32 rows [bands], with ten bits more
 * gains   [32][4], by bits less one: a value and a parabola; gains[0][3] is for no noise
 * logs    [130], what log2(1 + s / 128) is above s / 128, in steps of 1 / 65536
 * y       s8 rows [bands]
 */
void mw_denoise_log_s32_scalar(const mw_denoise_log_params *p, const void *const *x,
                               const void *const *noise, const int16_t *gains,
                               const uint16_t *logs, void *const *y, int32_t rows, void *scratch);

#endif
