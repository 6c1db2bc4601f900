/* Sums of products by weights of 4 bits. How they are packed is in milliwatt/kernels/int4.py. */
#ifndef MW_INT4_H
#define MW_INT4_H

#include <stdint.h>

#include "fixed.h"
#include "isa_dsp.h"

enum { MW_INT4_TAPS = 8 }; /* of a word of weights */

/* acc + the dot product of n inputs and weights, two in a byte. */
static inline int32_t mw_int4_dot(const int8_t *x, const uint8_t *w, int32_t n, int32_t acc)
{
    for (; n >= 2; n -= 2, x += 2, w++) {
        acc = mw_add_wrap(acc, x[0] * ((int8_t)(uint8_t)(*w << 4) >> 4));
        acc = mw_add_wrap(acc, x[1] * ((int8_t)*w >> 4));
    }
    return n > 0 ? mw_add_wrap(acc, x[0] * ((int8_t)(uint8_t)(*w << 4) >> 4)) : acc;
}

/* Widen n int8 to pairs of int16, the even then the odd bytes of each four, filled up with zeros to
 * whole steps of eight; a pair goes to every `apart`-th word. Return 8 times the sum of the inputs,
 * which weights that are 8 too large add. */
static inline int32_t mw_int4_widen(const int8_t *from, int32_t n, uint32_t *to, int32_t apart)
{
    int32_t sum = 0;
    for (int32_t k = 0; k < n; k = mw_opaque(k + 4), to += 2 * apart) {
        uint32_t v = 0;
        if (k + 4 <= n) {
            v = mw_load4(from + k);
        } else {
            for (int32_t i = n - 1; i >= k; i--) {
                v = v << 8 | (uint8_t)from[i];
            }
        }
        to[0] = mw_even(v);
        to[apart] = mw_odd(v);
        sum = mw_mla2(to[0], 0x00010001u, mw_mla2(to[apart], 0x00010001u, sum));
    }
    if (((n + 3) / 4) % 2 == 1) {
        to[0] = 0;
        to[apart] = 0;
    }
    return 8 * sum;
}

/* The eight weights of a word as halves of registers: one AND each. */
static inline void mw_int4_unpack(uint32_t word, uint32_t w[4])
{
    const uint32_t mask = 0x000F000Fu;
    w[0] = word & mask;
    w[1] = word >> 4 & mask;
    w[2] = word >> 8 & mask;
    w[3] = word >> 12 & mask;
}

/* acc + the products of eight widened inputs, `apart` words from one pair to the next, and a word. */
static inline int32_t mw_int4_mla8(const uint32_t *x, int32_t apart, int32_t word, int32_t acc)
{
    uint32_t w[4];
    mw_int4_unpack((uint32_t)word, w);
    for (int32_t k = 0; k < 4; k++) {
        acc = mw_mla2(x[k * apart], w[k], acc);
    }
    return acc;
}

#endif
