/* Sums of int16 by int8, which have more than 32 bits, brought to int16. The meaning is
 * `requantize_wide` of milliwatt/ops/fixed.py. */
#ifndef MW_WIDE_H
#define MW_WIDE_H

#include <stdint.h>

/* acc * multiplier / 2^right, rounded once, ties upward; |acc| < 2^47 and right in 8 ... 46. */
static inline int16_t mw_requantize_wide(int64_t acc, int32_t multiplier, int32_t right, int32_t low,
                                         int32_t high)
{
    const int64_t y = (acc * multiplier + ((int64_t)1 << (right - 1))) >> right;
    return (int16_t)(y < low ? low : y > high ? high : y);
}

/* acc + the dot product of n inputs and weights. 256 products of at most 2^22 fit in 32 bits. Not
 * inlined: the loops around it would take its registers. */
static inline __attribute__((noinline)) int64_t mw_wide_dot(const int16_t *x, const int8_t *w,
                                                            int32_t n, int64_t acc)
{
    for (; n > 0; n -= 256) {
        const int8_t *const end = w + (n < 256 ? n : 256);
        int32_t sum = 0;
        while (w < end) {
            sum += *x++ * *w++;
        }
        acc += sum;
    }
    return acc;
}

#endif
