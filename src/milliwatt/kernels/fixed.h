/* Fixed-point arithmetic as TensorFlow Lite Micro does it. The meaning is in milliwatt/ops/fixed.py.
 *
 * Sums of products wrap, as the reference's int32 sums do; C leaves that undefined for signed
 * numbers, so additions that may wrap go through unsigned ones.
 */
#ifndef MW_FIXED_H
#define MW_FIXED_H

#include <stdint.h>

static inline int32_t mw_add_wrap(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t mw_shift_left_wrap(int32_t a, int32_t bits)
{
    return (int32_t)((uint32_t)a << bits);
}

static inline int32_t mw_clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* round(a * b / 2^31), ties upward; b is not INT32_MIN, so nothing overflows. */
static inline int32_t mw_doubling_high_mul(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* round(x / 2^bits), ties away from zero, 0 <= bits <= 31 */
static inline int32_t mw_rounding_shift_right(int32_t x, int32_t bits)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << bits) - 1u);
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> bits) + ((x & mask) > threshold);
}

/* acc * multiplier * 2^(shift - 31), rounded twice. */
static inline int32_t mw_requantize(int32_t acc, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return mw_rounding_shift_right(
        mw_doubling_high_mul(mw_shift_left_wrap(acc, left), multiplier), right);
}

#endif
