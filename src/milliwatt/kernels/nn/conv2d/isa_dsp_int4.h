/* Two pixels by two output channels with weights of 4 bits.
 *
 * A word holds eight weights of a channel, each 8 too large; four ANDs, with a shift for free, unpack it
 * to four registers of two (see int4.py). Inputs are words of two int16, those of the two pixels next
 * to each other. A step of eight taps takes 32 instructions for 32 products, loop included. The
 * function is assembly because a compiler keeps half of these registers on the stack.
 */
#ifndef MW_ISA_DSP_INT4_H
#define MW_ISA_DSP_INT4_H

#include <stdint.h>

#include "int4.h"

/* Sums of a block: of pixels a and b for the first channel, then for the second. */
enum { MW_INT4_SUMS = 4 };

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* Inputs in r3 r4, the words of both channels in r6 r7, sums in r8 … r11, the mask in r12. */
#define MW_INT4_CHANNEL(word, shift, a, b)                                                         \
    "and.w lr, r12, " word shift "\n\t"                                                            \
    "smlad " a ", r3, lr, " a "\n\t"                                                               \
    "smlad " b ", r4, lr, " b "\n\t"
#define MW_INT4_TWO_TAPS(shift)                                                                    \
    "ldmia.w r1!, {r3, r4}\n\t"                                                                    \
    MW_INT4_CHANNEL("r6", shift, "r8", "r9")                                                       \
    MW_INT4_CHANNEL("r7", shift, "r10", "r11")

/* Filters, of `words` each, one behind the other; the widened inputs of both pixels; the sums. */
static __attribute__((naked, noinline)) void
mw_int4_block(__attribute__((unused)) const int32_t *filters,
              __attribute__((unused)) const uint32_t *x, __attribute__((unused)) int32_t words,
              __attribute__((unused)) int32_t *sums)
{
    __asm__("push {r3-r11, lr}\n\t"
            "ldm r3, {r8, r9, r10, r11}\n\t"
            "add.w r2, r0, r2, lsl #2\n\t"
            "mov r5, r2\n\t"
            "mov.w r12, #0x000F000F\n\t"
            "1:\n\t"
            "ldr r6, [r0], #4\n\t"
            "ldr r7, [r2], #4\n\t"
            MW_INT4_TWO_TAPS("")
            MW_INT4_TWO_TAPS(", lsr #4")
            MW_INT4_TWO_TAPS(", lsr #8")
            MW_INT4_TWO_TAPS(", lsr #12")
            "cmp r0, r5\n\t"
            "bne 1b\n\t"
            "ldr r3, [sp]\n\t"
            "stm r3, {r8, r9, r10, r11}\n\t"
            "pop {r3-r11, pc}");
}

#else

static void mw_int4_block(const int32_t *filters, const uint32_t *x, int32_t words, int32_t *sums)
{
    for (int32_t i = 0; i < words; i++, x += 8) {
        for (int32_t channel = 0; channel < 2; channel++) {
            uint32_t four[4];
            mw_int4_unpack((uint32_t)filters[i + channel * words], four);
            for (int32_t k = 0; k < 4; k++) {
                int32_t *const sum = sums + 2 * channel;
                sum[0] = mw_mla2(x[2 * k], four[k], sum[0]);
                sum[1] = mw_mla2(x[2 * k + 1], four[k], sum[1]);
            }
        }
    }
}

#endif
#endif
