/* Exponential and reciprocal in fixed point. The meaning is in milliwatt/ops/fixed_exp.py. */
#ifndef MW_FIXED_EXP_H
#define MW_FIXED_EXP_H

#include <stdint.h>

#include "fixed.h"
#include "isa_dsp.h"

/* x * 2^bits, limited to int32 */
static inline int32_t mw_shift_left_saturate(int32_t x, int32_t bits)
{
    const int32_t limit = INT32_MAX >> bits;
    return x > limit ? INT32_MAX : x < -limit - 1 ? INT32_MIN : x * (1 << bits);
}

/* exp(x) with no integer bits, for x <= 0 with five */
static inline int32_t mw_exp_of_negative(int32_t x)
{
    static const int32_t exp_of_minus_powers[] = {
        /* exp(-2^e) for e = -2 ... 4 */
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242,
    };
    if (x == 0) {
        return INT32_MAX; /* 1, as near as it goes */
    }
    const int32_t third = 715827883, exp_minus_eighth = 1895147668;
    const int32_t quarter = 1 << 24;
    const int32_t rest = (x & (quarter - 1)) - quarter;

    /* the series about -1/8 */
    const int32_t y = rest * 32 + (1 << 28);
    const int32_t y2 = mw_doubling_high_mul(y, y);
    const int32_t y3 = mw_doubling_high_mul(y2, y);
    const int32_t y4_over_4 = mw_rounding_shift_right(mw_doubling_high_mul(y2, y2), 2);
    const int32_t tail =
        mw_rounding_shift_right(mw_doubling_high_mul(y4_over_4 + y3, third) + y2, 1);
    int32_t result =
        mw_add_wrap(exp_minus_eighth, mw_doubling_high_mul(y + tail, exp_minus_eighth));

    int32_t powers = (rest - x) >> 24;
    for (int32_t i = 0; powers != 0; i = mw_opaque(i + 1), powers >>= 1) {
        if (powers & 1) {
            result = mw_doubling_high_mul(result, exp_of_minus_powers[i]);
        }
    }
    return result;
}

/* 1 / half with two integer bits, for half in [1/2, 1] with none */
static inline int32_t mw_reciprocal_of_half(int32_t half)
{
    int32_t x = mw_add_wrap(1515870810, mw_doubling_high_mul(half, -1010580540));
    for (int32_t i = 0; i < 3; i = mw_opaque(i + 1)) {
        const int32_t error = (1 << 29) - mw_doubling_high_mul(half, x);
        x = mw_add_wrap(x, mw_shift_left_saturate(mw_doubling_high_mul(x, error), 2));
    }
    return x;
}

/* 1 / x as mantissa * 2^-bits, for positive x with the given integer bits: returns the mantissa,
 * with no integer bits, and how many bits x has above 1. */
static inline int32_t mw_reciprocal(int32_t x, int32_t integer_bits, int32_t *bits)
{
    uint32_t normal = (uint32_t)x;
    *bits = integer_bits;
    while (!(normal >> 31)) {
        normal <<= 1;
        *bits -= 1;
    }
    /* normal stands for 1 + f; half of that is a number in [1/2, 1) again. */
    return mw_shift_left_saturate(mw_reciprocal_of_half((int32_t)(normal >> 1)), 1);
}

#endif
