/* The noise in each band in plain C: a moving average in 64 bits. */
#include "noise_estimate.h"

void mw_noise_estimate_s32_scalar(const mw_noise_estimate_params *p, const void *x,
                                  const void *before, void *y, void *scratch)
{
    (void)scratch;
    const uint32_t *loudness = x;
    const uint32_t *last = before;
    uint32_t *estimate = y;
    for (int32_t r = 0; r < p->rows; r++) {
        for (int32_t band = 0; band < p->bands; band++) {
            const uint64_t share = (uint64_t)(band % 2 ? p->odd : p->even);
            const uint32_t loud = *loudness++ << 10;
            estimate[band] = (uint32_t)((loud * share + last[band] * (16384 - share)) >> 14);
        }
        last = estimate;
        estimate += p->bands;
    }
}
