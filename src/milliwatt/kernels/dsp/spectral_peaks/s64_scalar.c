/* Spectral peaks in plain C: each is sought among those weaker than the one before. */
#include "spectral_peaks.h"

#include "octaves.h"

/* The strongest peak that comes after the given one, or 0. */
static int32_t next_peak(const mw_spectral_peaks_params *p, const int64_t *x, int32_t after)
{
    int32_t best = 0;
    for (int32_t k = p->first; k < p->bins - 1; k++) {
        const int is_peak = x[k] > x[k - 1] && x[k] >= x[k + 1];
        const int is_left = after == 0 || x[k] < x[after] || (x[k] == x[after] && k > after);
        if (is_peak && is_left && (best == 0 || x[k] > x[best])) {
            best = k;
        }
    }
    return best;
}

static void find(const mw_spectral_peaks_params *p, const int64_t *x, const int16_t *table, int16_t *y)
{
    int32_t peak = 0;
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t done = i > 0 && peak == 0;
        peak = done ? 0 : next_peak(p, x, peak);
        y[i] = y[p->count + i] = 0;
        if (peak > 0) {
            y[i] = (int16_t)((peak << 14) / (p->bins - 1));
            y[p->count + i] = mw_octaves_from(x[peak], 1, table);
        }
    }
}

void mw_spectral_peaks_s64_scalar(const mw_spectral_peaks_params *p, const void *const *x,
                                  const int16_t *table, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t c = 0; c < p->channels; c++) {
            find(p, (const int64_t *)x[r] + c * p->bins, table, (int16_t *)y[r] + 2 * c * p->count);
        }
    }
}
