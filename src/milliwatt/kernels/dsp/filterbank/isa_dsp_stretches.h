/* Filters that overlap like roof tiles, in assembly: nine instructions for each frequency.
 *
 * A 64-bit number is weighted in halves: one long product and a short one for the high word, whose excess
 * falls off. Each stretch begins with what rose in the one before as what falls now.
 */
#ifndef MW_ISA_DSP_STRETCHES_H
#define MW_ISA_DSP_STRETCHES_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_ASSEMBLY static __attribute__((naked, noinline))
#define MW_UNUSED __attribute__((unused))
#define MW_LINE(text) text "\n\t"

/* r4 r5 what falls, r6 r7 what rises, r8 r9 the number, r10 r11 its weights, r12 how many are left;
 * lr counts after the first stretch, which completes no filter, end on the stack
 */
MW_ASSEMBLY void mw_stretches(MW_UNUSED const int64_t *x, MW_UNUSED const uint16_t *weights,
                              MW_UNUSED const int16_t *counts, MW_UNUSED int64_t *y,
                              MW_UNUSED const int16_t *end)
{
    __asm__(MW_LINE("push {r4-r11, lr}") MW_LINE("add.w lr, r2, #2")                      /* */
            MW_LINE("mov.w r6, #0") MW_LINE("mov.w r7, #0") "1:\n\t"                      /* */
            MW_LINE("ldrsh r12, [r2], #2") MW_LINE("mov r4, r6") MW_LINE("mov r5, r7")    /* */
            MW_LINE("mov.w r6, #0") MW_LINE("mov.w r7, #0")                               /* */
            MW_LINE("cmp r12, #0") MW_LINE("beq 3f") "2:\n\t"                             /* */
            MW_LINE("ldrd r8, r9, [r0], #8") MW_LINE("ldrh r10, [r1], #2")                /* */
            MW_LINE("rsb.w r11, r10, #32768")                                             /* */
            MW_LINE("umlal r6, r7, r8, r10") MW_LINE("mla r7, r9, r10, r7")               /* */
            MW_LINE("umlal r4, r5, r8, r11") MW_LINE("mla r5, r9, r11, r5")               /* */
            MW_LINE("subs.w r12, r12, #1") MW_LINE("bne 2b") "3:\n\t"                     /* */
            MW_LINE("cmp r2, lr") MW_LINE("it ne") MW_LINE("strdne r4, r5, [r3], #8")     /* */
            MW_LINE("ldr r10, [sp, #36]") MW_LINE("cmp r2, r10") MW_LINE("bne 1b")        /* */
            "pop {r4-r11, pc}");
}

#else

static inline void mw_stretches(const int64_t *x, const uint16_t *weights, const int16_t *counts,
                                int64_t *y, const int16_t *end)
{
    uint64_t rising = 0;
    for (const int16_t *count = counts; count != end; count++) {
        uint64_t falling = rising;
        rising = 0;
        for (int32_t i = 0; i < *count; i++, x++, weights++) {
            rising += (uint64_t)*x * *weights;
            falling += (uint64_t)*x * (32768u - *weights);
        }
        if (count != counts) {
            *y++ = (int64_t)falling;
        }
    }
}

#endif
#endif
