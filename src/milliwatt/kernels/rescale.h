/* Requantisation to int8 with both roundings in one sum. The meaning is `requantize` of
 * milliwatt/ops/fixed.py, then adding the zero point and saturating; where it holds, and the constants,
 * are in milliwatt/kernels/rescale.py.
 *
 *     v = round(acc * multiplier / 2^31)                 ties upward
 *     y = zero + round(v / 2^right)                      ties away from zero
 *       = zero + floor((v + 2^(right-1) - (v < 0)) / 2^right)
 *       = zero + floor((acc * multiplier + 2^30 - (acc < 0) * 2^31 + 2^(right+30)) / 2^(right+31))
 *
 * The sign of acc stands in for that of v: they differ only where a negative acc gives v = 0, and then
 * y is zero either way. The first two constants together are plus or minus 2^30. What lies below them
 * is shifted out first; then half a unit is added, doubled together with the zero point to stay whole.
 */
#ifndef MW_RESCALE_H
#define MW_RESCALE_H

#include <stdint.h>

#include "isa_scalar.h"

/* `down` is an accumulator times its multiplier, twice as large as the result. */
static inline int32_t mw_rescale_finish(int32_t down, int32_t zero)
{
    return mw_saturate_s8((down + 2 * zero + 1) >> 1);
}

/* With a 64-bit product; shift is right - 2, any acc. */
static inline int32_t mw_rescale_long(int32_t acc, int32_t multiplier, int32_t shift, int32_t zero)
{
    const uint32_t low = ((uint32_t)acc & 0x80000000u) | 0x40000000u; /* +-2^30 as 64 bits, */
    const int64_t nudge = (int64_t)((uint64_t)(uint32_t)(acc >> 31) << 32 | low); /* no branch */
    const int32_t high = (int32_t)(((int64_t)acc * multiplier + nudge) >> 32);
    return mw_rescale_finish(high >> shift, zero);
}

/* With the upper word of a 64-bit product, |acc| < 2^29. Four times as large all terms but the product are
 * multiples of 2^32: the upper word of 4 acc * multiplier, plus or minus 1, plus (2 zero + 1) * 2^right. */
static inline int32_t mw_rescale_high(int32_t acc, int32_t multiplier, int32_t right, int32_t zero)
{
    const int32_t high = (int32_t)(((int64_t)(acc * 4) * multiplier) >> 32);
    const int32_t offset = (2 * zero + 257) * (1 << right); /* 128 more: in 0 ... 255 if not saturated */
    int32_t y = (high + ((acc >> 31) | 1) + offset) >> (right + 1);
    if ((uint32_t)y > 255) {
        y = ~(y >> 31);
    }
    return (int8_t)((uint32_t)y - 128);
}

/* With 32-bit products only, of acc and each byte of the multiplier, lowest first: what is shifted out
 * on the way is all below 2^30. |acc| < 2^23; shift is right + 6, or 31 where that is more. */
static inline int32_t mw_rescale_short(int32_t acc, const uint8_t *multiplier, int32_t shift,
                                       int32_t zero)
{
    int32_t high = acc * multiplier[0];
    high = (high >> 8) + acc * multiplier[1];
    high = (high >> 8) + acc * multiplier[2];
    high = (high >> 8) + acc * multiplier[3];
    high += 64 + (acc >> 31) * 128; /* +-2^30 / 2^24 */
    return mw_rescale_finish(high >> shift, zero);
}

#endif
