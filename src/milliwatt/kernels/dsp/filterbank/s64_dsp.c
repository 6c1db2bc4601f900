/* Filters that overlap like roof tiles, with the DSP extension. */
#include "filterbank.h"

#include "isa_dsp_stretches.h"

void mw_filterbank_s64_dsp(const mw_filterbank_params *p, const void *const *x, const int16_t *first,
                           const int16_t *counts, const uint16_t *weights, void *const *y,
                           int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t c = 0; c < p->channels; c++) {
            const int64_t *spectrum = (const int64_t *)x[r] + c * p->bins + first[0];
            int64_t *out = (int64_t *)y[r] + c * p->bands;
            mw_stretches(spectrum, weights, counts, out, counts + p->bands + 1);
        }
    }
}
