/* Loudness of mel bands in plain C: window, transform, energies, triangles, roots. */
#include "micro_filterbank.h"

#include "kiss_fft.h"

/* Multiply by the window into w; return by how many bits all of w can move left within 16. */
static int32_t apply_window(const mw_micro_filterbank_params *p, const void *const *x,
                            const int16_t *window, int16_t *w)
{
    int32_t largest = 0;
    for (int32_t h = 0; h < p->hops; h++) {
        const int16_t *samples = x[h];
        for (int32_t i = 0; i < p->hop; i++) {
            const int32_t value = (samples[i] * *window++) >> 12;
            const int32_t magnitude = value < 0 ? -value : value;
            if (magnitude > largest && magnitude <= INT16_MAX) {
                largest = magnitude;
            }
            *w++ = (int16_t)value;
        }
    }
    int32_t shift = 15;
    for (; largest > 0; largest >>= 1) {
        shift--;
    }
    return shift;
}

/* Read pairs of samples, moved left, in the order that the transform takes. */
static void gather(const mw_micro_filterbank_params *p, const int16_t *w, int32_t shift,
                   mw_complex *z)
{
    const int32_t size = p->hop * p->hops;
    int32_t from = 0;
    for (int32_t i = 0; i < p->lines; i++) {
        const int32_t re = 2 * from < size ? w[2 * from] : 0;
        const int32_t im = 2 * from + 1 < size ? w[2 * from + 1] : 0;
        z[i] = (mw_complex){(int16_t)(re * (1 << shift)), (int16_t)(im * (1 << shift))};
        from = mw_next_reversed(from, p->lines);
    }
}

static uint32_t energy_of(int32_t re, int32_t im)
{
    return (uint32_t)(re * re) + (uint32_t)(im * im);
}

/* Part the even from the odd half of the signal; energies of all lines but the lowest. */
static void split_energies(const mw_complex *z, int32_t n, const mw_complex *split,
                           uint32_t *energy)
{
    const int32_t half = 32767 / 2;
    for (int32_t k = 1; k <= n / 2; k++) {
        const mw_complex a = mw_scaled(z[k], half);
        const mw_complex b = mw_scaled((mw_complex){z[n - k].re, (int16_t)-z[n - k].im}, half);
        const mw_complex sum = mw_sum(a, b);
        const mw_complex turned = mw_turned(mw_difference(a, b), split[k - 1]);
        energy[k] = energy_of((sum.re + turned.re) >> 1, (sum.im + turned.im) >> 1);
        energy[n - k] = energy_of((sum.re - turned.re) >> 1, (turned.im - sum.im) >> 1);
    }
}

/* to the nearest, except that 65535 stays below 2^32; x < 2^58, so that the remainder, shifted, has
 * 32 bits: energies have 31, weights 12, and there are at most 2^10 lines
 */
static uint32_t rounded_root(uint64_t x)
{
    const int up_from_65535 = x >> 32 != 0;
    int32_t pairs = 29;
    while (pairs > 0 && x >> 56 == 0) {
        x <<= 2;
        pairs--;
    }
    uint32_t root = 0;
    uint32_t remainder = 0;
    for (; pairs > 0; pairs--) {
        remainder = remainder << 2 | ((uint32_t)(x >> 56) & 3);
        x <<= 2;
        const uint32_t trial = root << 2 | 1;
        root <<= 1;
        if (remainder >= trial) {
            remainder -= trial;
            root |= 1;
        }
    }
    return root + (remainder > root && (root != 0xFFFF || up_from_65535));
}

static void sum_bands(const mw_micro_filterbank_params *p, const uint32_t *energy,
                      const int16_t *widths, const int16_t *falling, int32_t shift, int32_t *y)
{
    uint64_t rising = 0;
    energy += p->first;
    for (int32_t band = 0; band <= p->bands; band++) {
        uint64_t falls = 0;
        uint64_t rises = 0;
        for (int32_t i = 0; i < widths[band]; i++) {
            const uint32_t weight = (uint32_t)*falling++;
            falls += (uint64_t)*energy * weight;
            rises += (uint64_t)*energy++ * (4096 - weight);
        }
        if (band > 0) {
            y[band - 1] = (int32_t)(rounded_root(rising + falls) >> shift);
        }
        rising = rises;
    }
}

void mw_micro_filterbank_s16_scalar(const mw_micro_filterbank_params *p, const void *const *x,
                                    const int16_t *window, const int16_t *roots,
                                    const int16_t *split, const int16_t *widths,
                                    const int16_t *falling, void *const *y, int32_t rows,
                                    void *scratch)
{
    const int32_t n = p->lines;
    mw_complex *z = scratch;
    void *second = z + n; /* the windowed samples, then the energies */
    for (int32_t r = 0; r < rows; r++) {
        const int32_t shift = apply_window(p, x + r, window, second);
        gather(p, second, shift, z);
        mw_complex_fft(z, n, (const mw_complex *)(const void *)roots);
        split_energies(z, n, (const mw_complex *)(const void *)split, second);
        sum_bands(p, second, widths, falling, shift, y[r]);
    }
}
