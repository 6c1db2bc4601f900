/* Filter banks in plain C, band by band. */
#include "filterbank.h"

/* The sum of count weighted numbers, modulo 2^64. */
static int64_t weighted(const int64_t *x, const uint16_t *weights, int32_t count)
{
    uint64_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += (uint64_t)x[i] * weights[i];
    }
    return (int64_t)sum;
}

void mw_filterbank_s64_scalar(const mw_filterbank_params *p, const void *const *x, const int16_t *firsts,
                              const int16_t *counts, const uint16_t *weights, void *const *y,
                              int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int64_t *spectrum = x[r];
        int64_t *out = y[r];
        for (int32_t c = 0; c < p->channels; c++) {
            const uint16_t *w = weights;
            for (int32_t j = 0; j < p->bands; j++) {
                *out++ = weighted(spectrum + firsts[j], w, counts[j]);
                w += counts[j];
            }
            spectrum += p->bins;
        }
    }
}
