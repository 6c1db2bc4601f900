/* Four channels of a depthwise window, two taps at a time, straight from int8.
 *
 * It is assembly because it takes all fourteen registers, and compilers spill: 20 instructions for
 * 8 products and 10 for an output, where they need 24 and 16.
 */
#ifndef MW_ISA_DSP_TAPS_H
#define MW_ISA_DSP_TAPS_H

#include <stdint.h>

#include "isa_dsp.h"
#include "requantize_short.h"

/* An output pixel; lies right behind the pointers to what its taps read, a positive even number. */
typedef struct {
    int8_t *out;
    int32_t scale;             /* 2 * zero_y + 1 */
    int32_t last;              /* the last four channels begin here, at or after 0 */
    const int8_t *const *taps; /* the pointers */
} mw_taps_pixel;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_TAPS_OUT(k)                                                                             \
    "ldr r6, [%[w], #4*" #k "]\n\t"                                                                \
    "ldrb r8, [%[w], #16+" #k "]\n\t"                                                              \
    "lsl r9, r5, r8\n\t"                                                                           \
    "add r9, r9, %[a" #k "], asr #31\n\t"                                                          \
    "lsl %[a" #k "], %[a" #k "], #1\n\t"                                                           \
    "smmlar %[a" #k "], %[a" #k "], r6, r9\n\t"                                                    \
    "asr %[a" #k "], r8\n\t"                                                                       \
    "ssat %[a" #k "], #8, %[a" #k "], asr #1\n\t"                                                  \
    "strb %[a" #k "], [r4, #" #k "]\n\t"

/* All channels, four at a time; the last four may overlap those before and be computed again. */
static inline void mw_all_channels(const mw_taps_pixel *pixel, const int32_t *group)
{
    const int8_t *const *tap = pixel->taps;
    int32_t at = 0;
    int32_t a0, a1, a2, a3;
    __asm__ volatile("2:\n\t"
                     "ldrd %[a0], %[a1], [%[w]], #8\n\t"
                     "ldrd %[a2], %[a3], [%[w]], #8\n"
                     "1:\n\t"
                     "ldrd r4, r5, [%[tap]], #8\n\t"
                     "ldr r4, [r4, %[at]]\n\t"
                     "ldr r5, [r5, %[at]]\n\t"
                     "ldrd r6, r8, [%[w]], #8\n\t"
                     "pkhbt r9, r4, r5, lsl #16\n\t"
                     "pkhtb r5, r5, r4, asr #16\n\t"
                     "sxtb16 r4, r9\n\t"
                     "sxtb16 r10, r6\n\t"
                     "smlad %[a0], r4, r10, %[a0]\n\t"
                     "sxtb16 r9, r9, ror #8\n\t"
                     "sxtb16 r6, r6, ror #8\n\t"
                     "smlad %[a1], r9, r6, %[a1]\n\t"
                     "sxtb16 r4, r5\n\t"
                     "sxtb16 r10, r8\n\t"
                     "smlad %[a2], r4, r10, %[a2]\n\t"
                     "sxtb16 r5, r5, ror #8\n\t"
                     "sxtb16 r8, r8, ror #8\n\t"
                     "smlad %[a3], r5, r8, %[a3]\n\t"
                     "cmp %[tap], %[end]\n\t"
                     "blo 1b\n\t"
                     "ldrd r4, r5, [%[end]]\n\t"
                     "add r4, %[at]\n\t" MW_TAPS_OUT(0) MW_TAPS_OUT(1) MW_TAPS_OUT(2) MW_TAPS_OUT(3)
                     "add %[w], %[w], #20\n\t"
                     "ldrd r4, %[tap], [%[end], #8]\n\t"
                     "cmp %[at], r4\n\t"
                     "add %[at], %[at], #4\n\t"
                     "bhs 3f\n\t"
                     "cmp %[at], r4\n\t"
                     "it hi\n\t"
                     "movhi %[at], r4\n\t"
                     "b 2b\n"
                     "3:"
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [a3] "=&r"(a3),
                       [tap] "+r"(tap), [w] "+r"(group), [at] "+r"(at)
                     : [end] "r"(pixel)
                     : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory");
}

#else

static inline const int32_t *mw_four_channels(const mw_taps_pixel *pixel, int32_t at,
                                              const int32_t *group)
{
    int32_t acc[4] = {group[0], group[1], group[2], group[3]};
    group += 4;
    const void *const end = pixel;
    for (const int8_t *const *tap = pixel->taps; (const void *)tap < end; tap += 2) {
        const uint32_t a = mw_load4(tap[0] + at), b = mw_load4(tap[1] + at);
        const uint32_t x01 = (a & 0xFFFFu) | b << 16, x23 = a >> 16 | (b & 0xFFFF0000u);
        const uint32_t w01 = (uint32_t)group[0], w23 = (uint32_t)group[1];
        acc[0] = mw_mla2(mw_even(x01), mw_even(w01), acc[0]);
        acc[1] = mw_mla2(mw_odd(x01), mw_odd(w01), acc[1]);
        acc[2] = mw_mla2(mw_even(x23), mw_even(w23), acc[2]);
        acc[3] = mw_mla2(mw_odd(x23), mw_odd(w23), acc[3]);
        group += 2;
    }
    for (int32_t k = 0; k < 4; k++) {
        const int32_t shift = (group[4] >> (8 * k)) & 0xFF;
        const int32_t offset = (int32_t)((uint32_t)pixel->scale << shift);
        pixel->out[at + k] = (int8_t)mw_requantize_short(acc[k], group[k], shift, offset);
    }
    return group + 5;
}

static inline void mw_all_channels(const mw_taps_pixel *pixel, const int32_t *group)
{
    for (int32_t at = 0; at < pixel->last; at += 4) {
        group = mw_four_channels(pixel, at, group);
    }
    mw_four_channels(pixel, pixel->last, group);
}

#endif
#endif
