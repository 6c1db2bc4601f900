/* The Armv7E-M DSP instructions that kernels use, and what each means in plain C.
 *
 * On a core with the extension each is one instruction. Elsewhere the plain form runs, so that a
 * DSP kernel is tested on the host, bit for bit, before any board sees it.
 */
#ifndef MW_ISA_DSP_H
#define MW_ISA_DSP_H

#include <stdint.h>

/* Four int8 from memory of any alignment; lane 0 is the first byte. */
static inline uint32_t mw_load4(const int8_t *from)
{
    uint32_t v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

static inline void mw_store4(int8_t *to, uint32_t v) { __builtin_memcpy(to, &v, sizeof v); }

/* v, of which the compiler knows nothing: a loop that counts with it stays one, not unrolled. */
static inline int32_t mw_opaque(int32_t v)
{
    __asm__("" : "+r"(v));
    return v;
}

#if defined(__ARM_FEATURE_DSP)

#include <arm_acle.h>

static inline uint32_t mw_even(uint32_t v) { return (uint32_t)__sxtb16((int8x4_t)v); }
static inline uint32_t mw_odd(uint32_t v)
{
    return (uint32_t)__sxtb16((int8x4_t)__ror(v, 8));
}
static inline int32_t mw_mla2(uint32_t a, uint32_t b, int32_t acc)
{
    return __smlad((int16x2_t)a, (int16x2_t)b, acc);
}
static inline int32_t mw_mla_low(uint32_t a, uint32_t b, int32_t acc)
{
    return __smlabb((int32_t)a, (int32_t)b, acc);
}
static inline int32_t mw_mla_high(uint32_t a, uint32_t b, int32_t acc)
{
    return __smlatt((int32_t)a, (int32_t)b, acc);
}

static inline int32_t mw_saturate8(int32_t v) { return __ssat(v, 8); }
static inline int32_t mw_mla_high_word(int32_t a, int32_t b, int32_t acc)
{
    int32_t sum;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
    return sum;
}

#else

static inline int32_t mw_half(uint32_t v, int32_t which)
{
    return (int16_t)(uint16_t)(v >> (16 * which));
}

/* Bytes 0 and 2, sign-extended into halves. */
static inline uint32_t mw_even(uint32_t v)
{
    const uint32_t low = (uint32_t)(int32_t)(int8_t)(uint8_t)v;
    const uint32_t high = (uint32_t)(int32_t)(int8_t)(uint8_t)(v >> 16);
    return (low & 0xFFFFu) | high << 16;
}

/* Bytes 1 and 3, sign-extended into halves. */
static inline uint32_t mw_odd(uint32_t v) { return mw_even(v >> 8 | v << 24); }

/* acc + a.low * b.low */
static inline int32_t mw_mla_low(uint32_t a, uint32_t b, int32_t acc)
{
    return (int32_t)((uint32_t)acc + (uint32_t)(mw_half(a, 0) * mw_half(b, 0)));
}

/* acc + a.high * b.high */
static inline int32_t mw_mla_high(uint32_t a, uint32_t b, int32_t acc)
{
    return (int32_t)((uint32_t)acc + (uint32_t)(mw_half(a, 1) * mw_half(b, 1)));
}

/* acc + a.low * b.low + a.high * b.high; all sums wrap */
static inline int32_t mw_mla2(uint32_t a, uint32_t b, int32_t acc)
{
    return mw_mla_high(a, b, mw_mla_low(a, b, acc));
}

/* v, or the nearest int8 */
static inline int32_t mw_saturate8(int32_t v) { return v < -128 ? -128 : v > 127 ? 127 : v; }

/* acc + round(a * b / 2^32), ties upward; the sum wraps */
static inline int32_t mw_mla_high_word(int32_t a, int32_t b, int32_t acc)
{
    const int64_t product = (int64_t)a * b + ((int64_t)1 << 31);
    return (int32_t)((uint32_t)acc + (uint32_t)(int32_t)(product >> 32));
}

#endif
#endif
