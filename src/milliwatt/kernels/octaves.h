/* Logarithms to base 2 in steps of 1/512. The meaning is in milliwatt/ops/dsp/log2.py. */
#ifndef MW_OCTAVES_H
#define MW_OCTAVES_H

#include <stdint.h>

/* 512 * log2 of top * 2^exponent / 2^31, where the highest bit of top is set
 * table  s16 [32, 2], the logarithm at 32 points and its rise to the next, in steps of 2^-15
 */
static inline int16_t mw_octaves_of(uint32_t top, int32_t exponent, const int16_t *table)
{
    const int16_t *at = table + 2 * (top >> 26 & 31u);
    const int32_t rest = (int32_t)(top >> 10 & 0xFFFFu);
    const int32_t mantissa = at[0] + (at[1] * rest >> 16);
    return (int16_t)((exponent << 9) + ((mantissa + 32) >> 6));
}

/* 512 * log2 of a number, or of least, from 1 to 2^31 - 1, where that is more */
static inline int16_t mw_octaves_from(int64_t value, int32_t least, const int16_t *table)
{
    const int32_t high = (int32_t)(value >> 32);
    uint32_t low = (uint32_t)value;
    if (high > 0) {
        const int32_t zeros = __builtin_clz((uint32_t)high); /* at least 1: the sign */
        return mw_octaves_of((uint32_t)high << zeros | low >> (32 - zeros), 63 - zeros, table);
    }
    low = high < 0 || low < (uint32_t)least ? (uint32_t)least : low;
    const int32_t zeros = __builtin_clz(low);
    return mw_octaves_of(low << zeros, 31 - zeros, table);
}

#endif
