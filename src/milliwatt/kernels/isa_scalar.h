/* What cores without the DSP extension offer beyond C, and how many sums their registers hold. */
#ifndef MW_ISA_SCALAR_H
#define MW_ISA_SCALAR_H

#include <stdint.h>

/* RISC-V has twice the registers of Arm: room for the sums of four output channels, not of two. */
#if defined(__riscv)
enum { MW_MANY_REGISTERS = 1 };
#else
enum { MW_MANY_REGISTERS = 0 };
#endif

#if defined(__ARM_FEATURE_SAT)

#include <arm_acle.h>

static inline int32_t mw_saturate_s8(int32_t x) { return __ssat(x, 8); }

#else

static inline int32_t mw_saturate_s8(int32_t x) { return x < -128 ? -128 : x > 127 ? 127 : x; }

#endif
#endif
