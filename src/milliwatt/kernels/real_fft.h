/* A real Fourier transform in fixed point, plainly. The meaning is in milliwatt/ops/real_fft.py. */
#ifndef MW_REAL_FFT_H
#define MW_REAL_FFT_H

#include <stdint.h>

enum { MW_FFT_DROP = 7 }; /* bits dropped between the transform and the spectrum */

typedef struct {
    int32_t re, im;
} mw_complex;

/* sum + round(a * b / 2^32), ties upward */
static inline int32_t mw_add_high(int32_t sum, int32_t a, int32_t b)
{
    return sum + (int32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32);
}

/* sum + round(-a * b / 2^32), ties upward */
static inline int32_t mw_sub_high(int32_t sum, int32_t a, int32_t b)
{
    return sum + (int32_t)((((int64_t)1 << 31) - (int64_t)a * b) >> 32);
}

/* a + b * root / 2^32, each product rounded */
static inline mw_complex mw_add_product(mw_complex a, mw_complex b, const int32_t *root)
{
    const mw_complex y = {
        mw_sub_high(mw_add_high(a.re, b.re, root[0]), b.im, root[1]),
        mw_add_high(mw_add_high(a.im, b.im, root[0]), b.re, root[1]),
    };
    return y;
}

/* A sample times a taper in steps of 2^-16, rounded down */
static inline int32_t mw_tapered(int32_t sample, int32_t taper)
{
    return (int32_t)(((int64_t)sample * taper) >> 16);
}

/* 2 * a - y, where the result fits though 2 * a may not */
static inline int32_t mw_mirrored(int32_t a, int32_t y)
{
    return (int32_t)(2u * (uint32_t)a - (uint32_t)y);
}

/* i with its lowest bits, as many as size has below its highest, in reverse */
static inline int32_t mw_reversed(int32_t i, int32_t size)
{
    int32_t reversed = 0;
    for (int32_t bit = 1; bit < size; bit <<= 1) {
        reversed = reversed << 1 | (i & 1);
        i >>= 1;
    }
    return reversed;
}

/* The butterflies of spans 1 and 2, over all of z. */
static inline void mw_fft_exact(mw_complex *z, int32_t size)
{
    for (int32_t i = 0; i < size; i += 4) {
        const mw_complex a = z[i], b = z[i + 1], c = z[i + 2], d = z[i + 3];
        const mw_complex ab = {a.re + b.re, a.im + b.im}, a_b = {a.re - b.re, a.im - b.im};
        const mw_complex cd = {c.re + d.re, c.im + d.im}, c_d = {c.re - d.re, c.im - d.im};
        z[i] = (mw_complex){ab.re + cd.re, ab.im + cd.im};
        z[i + 1] = (mw_complex){a_b.re + c_d.im, a_b.im - c_d.re};
        z[i + 2] = (mw_complex){ab.re - cd.re, ab.im - cd.im};
        z[i + 3] = (mw_complex){a_b.re - c_d.im, a_b.im + c_d.re};
    }
}

/* The butterfly on z[0] and z[span]. */
static inline void mw_fft_butterfly(mw_complex *z, int32_t span, const int32_t *root)
{
    const mw_complex a = z[0], y = mw_add_product(a, z[span], root);
    z[0] = y;
    z[span] = (mw_complex){mw_mirrored(a.re, y.re), mw_mirrored(a.im, y.im)};
}

/* The butterflies of one span from 4 upward, over all of z. */
static inline void mw_fft_butterflies(mw_complex *z, int32_t size, int32_t span, const int32_t *roots)
{
    const int32_t step = size / span; /* two integers a root, of which each (size / 2 / span)th is used */
    for (int32_t i = 0; i < size; i += 2 * span) {
        for (int32_t j = 0; j < span; j++) {
            mw_fft_butterfly(z + i + j, span, roots + j * step);
        }
    }
}

/* Transform size numbers in place, which lie at their bit-reversed positions. */
static inline void mw_fft(mw_complex *z, int32_t size, const int32_t *roots)
{
    mw_fft_exact(z, size);
    for (int32_t span = 4; span < size; span *= 2) {
        mw_fft_butterflies(z, size, span, roots);
    }
}

static inline int64_t mw_power(int32_t re, int32_t im)
{
    return (int64_t)re * re + (int64_t)im * im;
}

/* Without the dropped bits, rounded to the nearest, ties upward; x is at most 2^30. */
static inline int32_t mw_dropped(int32_t x)
{
    return (x + ((int32_t)1 << (MW_FFT_DROP - 1))) >> MW_FFT_DROP;
}

/* The powers at the ends and in the middle, which have one number of the transform each. */
static inline void mw_split_ends(int64_t *power, int32_t size, mw_complex first, mw_complex middle)
{
    power[0] = mw_power(mw_dropped(first.re + first.im), 0);
    power[size / 2] = mw_power(mw_dropped(middle.re), mw_dropped(middle.im));
    power[size] = mw_power(mw_dropped(first.re - first.im), 0);
}

/* The powers of two frequencies that are mirror images, in place of their numbers. */
static inline void mw_power_pair(int64_t *low, int64_t *high, const int32_t *root)
{
    const mw_complex a = *(const mw_complex *)low, b = *(const mw_complex *)high;
    const mw_complex even = {a.re + b.re, a.im - b.im}, odd = {a.im + b.im, b.re - a.re};
    const mw_complex half = {even.re >> (MW_FFT_DROP + 1), even.im >> (MW_FFT_DROP + 1)};
    const mw_complex x = mw_add_product(half, odd, root);
    *low = mw_power(x.re, x.im);
    *high = mw_power((even.re >> MW_FFT_DROP) - x.re, (even.im >> MW_FFT_DROP) - x.im);
}

/* Powers of the real signal from the transform of its pairs, in place: y holds size + 1 of them. */
static inline void mw_split_powers(void *y, int32_t size, const int32_t *split)
{
    const mw_complex *z = y;
    const mw_complex first = z[0], middle = z[size / 2];
    int64_t *power = y;
    for (int32_t k = 1; k < size / 2; k++) {
        mw_power_pair(power + k, power + size - k, split + 2 * k);
    }
    mw_split_ends(power, size, first, middle);
}

#endif
