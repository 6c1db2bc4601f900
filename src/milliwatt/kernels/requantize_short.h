/* Requantisation in six instructions, for sums that cannot be large. The meaning is `requantize`
 * of milliwatt/ops/fixed.py, then adding the zero point and saturating to int8; where it holds, and
 * the constants, are in milliwatt/kernels/requantize_short.py.
 *
 *     high = round(acc * multiplier / 2^31)              ties upward
 *     y    = zero + round(high / 2^right)                ties away from zero
 *          = (high - (high < 0) + 2^(right-1) + zero * 2^right) >> right
 *
 * With acc below 2^30 its double fits, so that `high` is the upper word of a product. The sign of
 * acc stands in for that of `high`: they differ only where a negative acc gives zero, and then
 * (2^(right-1) - 1) >> right is 0 as well. What is constant is (2 * zero + 1) << (right - 1).
 */
#ifndef MW_REQUANTIZE_SHORT_H
#define MW_REQUANTIZE_SHORT_H

#include <stdint.h>

#include "isa_dsp.h"

/* The constant of a channel; shift is right - 1. */
static inline int32_t mw_short_offset(int32_t zero_y, int32_t shift)
{
    return (int32_t)((uint32_t)(2 * zero_y + 1) << shift);
}

/* sign: any number with the sign of acc; twice: 2 * acc */
static inline int32_t mw_requantize_twice(int32_t sign, int32_t twice, int32_t multiplier,
                                          int32_t shift, int32_t offset)
{
    return mw_saturate8(mw_mla_high_word(twice, multiplier, offset + (sign >> 31)) >> shift >> 1);
}

/* |acc| < 2^30 */
static inline int32_t mw_requantize_short(int32_t acc, int32_t multiplier, int32_t shift,
                                          int32_t offset)
{
    return mw_requantize_twice(acc, acc * 2, multiplier, shift, offset);
}

#endif
