/* Power spectra of one signal with the DSP extension, four numbers of the transform at a time. */
#include "power_spectrum.h"

#include "isa_dsp_fft.h"

/* How many pairs of samples of the frame lie side by side from the given one, and where pair 0 would. */
static int32_t find(const mw_power_spectrum_params *p, const void *const *x, int32_t pair,
                    int32_t offset, uintptr_t *zero)
{
    const int32_t in_row = p->samples / 2, left = (p->frame + 1) / 2 - pair;
    if (left <= 0) { /* whatever is there meets a taper of 0 */
        *zero = (uintptr_t)x[0] - (uintptr_t)offset;
        return in_row;
    }
    const int32_t row = pair / in_row, first = pair - row * in_row;
    *zero = (uintptr_t)x[row] + (uintptr_t)(4 * first - offset);
    return in_row - first < left ? in_row - first : left;
}

/* Taper a frame into its transform, by runs in which none of four pairs changes its row. */
static void load(const mw_power_spectrum_params *p, const void *const *x, const int32_t *tapers,
                 mw_complex *z)
{
    const int32_t quarter = p->half / 4;
    mw_fft_run run = {{0}, z, __builtin_clz((uint32_t)quarter) - 6, 0};
    for (int32_t n = 0, count; n < quarter; n += count) {
        count = quarter - n;
        for (int32_t i = 0; i < 4; i++) {
            const int32_t pair = n + mw_reversed(i, 4) * quarter;
            const int32_t found = find(p, x, pair, 4 * n, &run.pairs[i]);
            count = found < count ? found : count;
        }
        run.end = 4 * (n + count);
        mw_fft_load(4 * n, tapers + 8 * n, &run);
    }
}

/* The butterflies of all other spans; roots are those of each two spans, in the order of use. */
static void transform(mw_complex *z, int32_t size, const int32_t *roots)
{
    if (size > 4) {
        mw_fft_span4(z, z + size, roots);
    }
    if (size > 16) {
        mw_fft_span16(z, z + size, roots + 4 * 4);
    }
    if (size > 64) {
        mw_fft_span64(z, z + size, roots + 4 * (4 + 16));
    }
}

void mw_power_spectrum_s16_dsp(const mw_power_spectrum_params *p, const void *const *x,
                               const int32_t *tapers, const int32_t *roots, const int32_t *split,
                               void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    const int32_t half = p->half;
    for (int32_t r = 0; r < rows; r++) {
        mw_complex *z = y[r];
        load(p, x + r * p->hop_rows, tapers, z);
        transform(z, half, roots);
        const mw_complex first = z[0], middle = z[half / 2];
        mw_fft_powers(z + 1, z + half - 1, split + 2);
        mw_split_ends(y[r], half, first, middle);
    }
}
