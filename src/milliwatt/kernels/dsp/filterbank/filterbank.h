/* Weighted sums of neighbouring frequencies. The meaning is in milliwatt/ops/dsp/filterbank.py. */
#ifndef MW_FILTERBANK_H
#define MW_FILTERBANK_H

#include <stdint.h>

typedef struct {
    int32_t bands;
    int32_t channels; /* spectra in a row */
    int32_t bins;     /* frequencies of one */
} mw_filterbank_params;

/* x        s64 rows [channels * bins]
 * firsts   s16 [bands], each band's lowest frequency
 * counts   s16 [bands], how many it has
 * weights  u16, those of all bands one after the other, in steps of 2^-15
 * y        s64 rows [channels * bands], must not overlap x
 */
void mw_filterbank_s64_scalar(const mw_filterbank_params *p, const void *const *x, const int16_t *firsts,
                              const int16_t *counts, const uint16_t *weights, void *const *y,
                              int32_t rows, void *scratch);

/* As above for filters of which each falls as the next one rises, see chain.py.
 * first    s16 [1], the lowest frequency of all
 * counts   s16 [bands + 1], frequencies of each stretch
 * weights  u16, that of the rising filter for each frequency
 */
void mw_filterbank_s64_dsp(const mw_filterbank_params *p, const void *const *x, const int16_t *first,
                           const int16_t *counts, const uint16_t *weights, void *const *y,
                           int32_t rows, void *scratch);

/* The same where there is a long multiply and no more. */
void mw_filterbank_s64_long(const mw_filterbank_params *p, const void *const *x, const int16_t *first,
                            const int16_t *counts, const uint16_t *weights, void *const *y,
                            int32_t rows, void *scratch);

#endif
