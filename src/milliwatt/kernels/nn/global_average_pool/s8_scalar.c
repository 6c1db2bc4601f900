/* Average of an image in plain C. */
#include "global_average_pool.h"

#include "fixed.h"
#include "pool.h"

void mw_global_average_pool_s8_scalar(const mw_global_average_pool_params *p, const void *const *x,
                                      void *y, int32_t first, int32_t rows, void *scratch)
{
    const int32_t c = p->c, pixels = p->w; /* read once: the sums below might alias them */
    int32_t *sums = scratch;
    for (int32_t k = 0; first == 0 && k < c; k++) {
        sums[k] = 0;
    }
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *pixel = x[r];
        for (int32_t j = 0; j < pixels; j++) {
            int32_t *sum = sums;
            for (int32_t k = 0; k < c; k++) {
                *sum++ += *pixel++;
            }
        }
    }
    if (first + rows == p->h) {
        int8_t *out = y;
        for (int32_t k = 0; k < c; k++) {
            const int32_t mean = mw_pool_mean(sums[k], p->half, (uint32_t)p->reciprocal, p->shift);
            out[k] = (int8_t)mw_clamp(mean, p->low, p->high);
        }
    }
}
