/* A 16-bit complex Fourier transform by fours. The meaning is in milliwatt/ops/kiss_fft.py. */
#ifndef MW_KISS_FFT_H
#define MW_KISS_FFT_H

#include <stdint.h>

typedef struct {
    int16_t re;
    int16_t im;
} mw_complex;

/* to the nearest of 1 / 32768, ties up; what does not fit 16 bits wraps */
static inline int16_t mw_rounded_product(int32_t a, int32_t b)
{
    return (int16_t)((a * b + (1 << 14)) >> 15);
}

static inline mw_complex mw_scaled(mw_complex a, int32_t factor)
{
    return (mw_complex){mw_rounded_product(a.re, factor), mw_rounded_product(a.im, factor)};
}

static inline mw_complex mw_turned(mw_complex a, mw_complex by)
{
    return (mw_complex){(int16_t)((a.re * by.re - a.im * by.im + (1 << 14)) >> 15),
                        (int16_t)((a.re * by.im + a.im * by.re + (1 << 14)) >> 15)};
}

static inline mw_complex mw_sum(mw_complex a, mw_complex b)
{
    return (mw_complex){(int16_t)(a.re + b.re), (int16_t)(a.im + b.im)};
}

static inline mw_complex mw_difference(mw_complex a, mw_complex b)
{
    return (mw_complex){(int16_t)(a.re - b.re), (int16_t)(a.im - b.im)};
}

/* one butterfly of elements m apart */
static inline void mw_butterfly(mw_complex *z, int32_t m, mw_complex a, mw_complex b, mw_complex c,
                                mw_complex d)
{
    const mw_complex even = mw_sum(a, c);
    const mw_complex odd = mw_difference(a, c);
    const mw_complex sum = mw_sum(b, d);
    const mw_complex difference = mw_difference(b, d);
    const mw_complex turned = {difference.im, (int16_t)-difference.re};
    z[0] = mw_sum(even, sum);
    z[m] = mw_sum(odd, turned);
    z[2 * m] = mw_difference(even, sum);
    z[3 * m] = mw_difference(odd, turned);
}

/* All stages over n elements, a power of four, that lie in the order of reversed base-4 digits. The
 * first butterfly of each block would turn by 32767 / 32768, which leaves the quarters as they are:
 * (q * 32767 + 16384) >> 15 = q + ((16384 - q) >> 15), and |q| <= 8192.
 */
static inline void mw_complex_fft(mw_complex *z, int32_t n, const mw_complex *roots)
{
    const int32_t quarter = 32767 / 4;
    for (int32_t m = 1; m < n; m *= 4) {
        const int32_t step = n / (4 * m);
        for (mw_complex *block = z; block < z + n; block += 4 * m) {
            mw_butterfly(block, m, mw_scaled(block[0], quarter), mw_scaled(block[m], quarter),
                         mw_scaled(block[2 * m], quarter), mw_scaled(block[3 * m], quarter));
            for (int32_t j = 1; j < m; j++) {
                mw_complex *at = block + j;
                mw_butterfly(at, m, mw_scaled(at[0], quarter),
                             mw_turned(mw_scaled(at[m], quarter), roots[j * step]),
                             mw_turned(mw_scaled(at[2 * m], quarter), roots[2 * j * step]),
                             mw_turned(mw_scaled(at[3 * m], quarter), roots[3 * j * step]));
            }
        }
    }
}

/* the index after i in the order of reversed base-4 digits: counting up from the highest digit */
static inline int32_t mw_next_reversed(int32_t i, int32_t n)
{
    int32_t threes = 3 * (n / 4);
    while ((i & threes) == threes && threes > 0) {
        i -= threes;
        threes /= 4;
    }
    return i + threes / 3;
}

#endif
