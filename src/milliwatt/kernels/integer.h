/* Whole-number arithmetic that features need. The meaning is in milliwatt/ops/integer.py. */
#ifndef MW_INTEGER_H
#define MW_INTEGER_H

#include <stdint.h>

/* floor(sqrt(x)), x < 2^62, digit by digit from the highest */
static inline int32_t mw_isqrt(uint64_t x)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 62; bit != 0; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (int32_t)root;
}

/* round(a / b), ties away from zero, b > 0, |a| + b < 2^31 */
static inline int32_t mw_rounded_divide(int32_t a, int32_t b)
{
    return a < 0 ? -((-a + b / 2) / b) : (a + b / 2) / b;
}

#endif
