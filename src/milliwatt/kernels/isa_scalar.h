/* What kernels for cores without the DSP extension need beyond C. */
#ifndef MW_ISA_SCALAR_H
#define MW_ISA_SCALAR_H

#include <stdint.h>

/* Return p as if it were unknown where it came from. Without it compilers keep one pointer for each input of
 * a window, most of them on the stack, instead of one a row and offsets: 84 instructions for two outputs
 * of a 3x3 window on a Cortex-M3, where 75 do. */
static inline const int8_t *mw_opaque_pointer(const int8_t *p)
{
    __asm__("" : "+r"(p));
    return p;
}

#if defined(__ARM_FEATURE_SAT)

#include <arm_acle.h>

static inline int32_t mw_saturate_s8(int32_t x) { return __ssat(x, 8); }

#else

static inline int32_t mw_saturate_s8(int32_t x) { return x < -128 ? -128 : x > 127 ? 127 : x; }

#endif
#endif
