/* Filters that overlap like roof tiles, with a long multiply: each frequency is met once. */
#include "filterbank.h"

#include "isa_dsp.h" /* mw_opaque */

/* A weighted sum modulo 2^64, the high words of which are on their own till the end. */
typedef struct {
    uint64_t low;
    uint32_t high;
} weighted;

/* One long product and a short one, whose excess would fall off anyway */
static inline void add(weighted *sum, uint64_t value, uint32_t weight)
{
    sum->low += (uint64_t)(uint32_t)value * weight;
    sum->high += (uint32_t)(value >> 32) * weight;
}

static inline int64_t total(weighted sum)
{
    return (int64_t)(sum.low + ((uint64_t)sum.high << 32));
}

/* One spectrum: while one filter rises the one before falls, and is complete after it. */
static void filter(const int64_t *x, const int16_t *counts, const uint16_t *weights, int32_t bands,
                   int64_t *y)
{
    weighted falling = {0, 0};
    for (int32_t j = 0; j <= bands; j++) {
        weighted rising = {0, 0};
        for (int32_t i = counts[j]; i > 0; i = mw_opaque(i - 1)) {
            const uint64_t value = (uint64_t)*x++;
            const uint32_t weight = *weights++;
            add(&rising, value, weight);
            add(&falling, value, (1u << 15) - weight);
        }
        if (j > 0) {
            *y++ = total(falling);
        }
        falling = rising;
    }
}

void mw_filterbank_s64_long(const mw_filterbank_params *p, const void *const *x, const int16_t *first,
                            const int16_t *counts, const uint16_t *weights, void *const *y,
                            int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t c = 0; c < p->channels; c++) {
            const int64_t *spectrum = (const int64_t *)x[r] + c * p->bins;
            filter(spectrum + first[0], counts, weights, p->bands, (int64_t *)y[r] + c * p->bands);
        }
    }
}
