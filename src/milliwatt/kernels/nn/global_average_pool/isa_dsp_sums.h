/* Adding up int8 four at a time. */
#ifndef MW_ISA_DSP_SUMS_H
#define MW_ISA_DSP_SUMS_H

#include <stdint.h>

#include "isa_dsp.h"

#if defined(__ARM_FEATURE_DSP)

static inline uint32_t mw_add_even(uint32_t sums, uint32_t v)
{
    return (uint32_t)__sxtab16((int16x2_t)sums, (int8x4_t)v);
}

static inline uint32_t mw_add_odd(uint32_t sums, uint32_t v)
{
    return (uint32_t)__sxtab16((int16x2_t)sums, (int8x4_t)__ror(v, 8));
}

#else

/* Bytes 0 and 2 added to the halves, each of which wraps. */
static inline uint32_t mw_add_even(uint32_t sums, uint32_t v)
{
    const uint32_t pair = mw_even(v);
    return ((sums + pair) & 0xFFFFu) | ((sums & 0xFFFF0000u) + (pair & 0xFFFF0000u));
}

/* Bytes 1 and 3. */
static inline uint32_t mw_add_odd(uint32_t sums, uint32_t v)
{
    return mw_add_even(sums, v >> 8 | v << 24);
}

#endif
#endif
