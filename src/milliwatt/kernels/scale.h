/* Scaling numbers that are known to be small: mw_requantize in fewer instructions. */
#ifndef MW_SCALE_H
#define MW_SCALE_H

#include <stdint.h>

/* round(x * multiplier / 2^31), ties upward, then round(... / 2^(right - 1)), ties away from zero,
 * for right in 1 ... 31 and round = 2^(right - 1). |x| is below 2^30 where right is 1, else below
 * 2^28. The multiplier is at least 2^30, or 0.
 *
 * x doubled still fits, so the first rounding is the high word of a product. The second works on
 * twice the number: below zero one is taken off, which tells only at a tie since what it is taken
 * off is even. A product rounded to 0 is no tie, so that the sign of x serves for the product's.
 */
static inline int32_t mw_scale(int32_t x, int32_t multiplier, int32_t round, int32_t right)
{
    const int64_t product = (int64_t)(x * 2) * multiplier;
    const int32_t high = (int32_t)((product + ((int64_t)1 << 31)) >> 32);
    return (high * 2 + round + (x >> 31)) >> right;
}

#endif
