/* Two output channels at a time from int8 weights, of which only one is ever unpacked.
 *
 * A filter word holds two taps of two channels, `high` and `low`: each half is 256 * high + low,
 * and fits in int16. Multiplied as it is, it adds up both channels at once; its even bytes alone,
 * which SXTB16 extracts, add up `low`; the difference of the sums is 256 times that of `high`. Where
 * that sum is below 2^23 in magnitude it can be read off exactly, whatever wrapped on the way.
 *
 * A step is four taps: filter words of taps {0, 2} and {1, 3}, then inputs in the same order,
 * widened to int16, the words of all pixels next to each other. It takes 17 instructions for the 24
 * products of three pixels, 12 for the 16 of two and 7 for the 8 of one. The functions are assembly
 * because a compiler, left to itself between the same loops, spends 95 instructions on what is
 * around them for six outputs; these spend 61. The loops are unrolled twice; the first ADD
 * jumps in where as many steps are left as there should be.
 */
#ifndef MW_ISA_DSP_PAIRS_H
#define MW_ISA_DSP_PAIRS_H

#include <stdint.h>

#include "isa_dsp_block.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* Sums: both in r8 r9 r10, low in r11 r12 lr. Filter words in r6 r7, inputs in r3 r4 r5. */
#define MW_BOTH_3(word) MW_MAC("r8", word, "r3") MW_MAC("r9", word, "r4") MW_MAC("r10", word, "r5")
#define MW_LOW_3(word) MW_MAC("r11", word, "r3") MW_MAC("r12", word, "r4") MW_MAC("lr", word, "r5")
#define MW_STEP_3                                                                                  \
    MW_LINE("ldrd r6, r7, [r0], #8")                                                               \
    MW_LINE("ldmia.w r1!, {r3, r4, r5}")                                                           \
    MW_TAPS("r6", MW_BOTH_3, MW_LOW_3)                                                             \
    MW_LINE("ldmia.w r1!, {r3, r4, r5}")                                                           \
    MW_TAPS("r7", MW_BOTH_3, MW_LOW_3)
enum { MW_STEP_3_BYTES = 17 * 4 };

MW_ASSEMBLY void mw_pairs_3(MW_UNUSED const int32_t *filters, MW_UNUSED mw_block *block)
{
    __asm__(MW_ENTER                                                       /* */
            MW_LINE("ldrd r8, r11, [r0], #8")                              /* */
            MW_LOAD_ROUNDS                                                 /* */
            MW_COPY_SUMS_3                                                 /* */
            MW_JUMP_IN MW_TWICE(MW_STEP_3) MW_AGAIN                   /* */
            MW_FINISH_3 MW_LEAVE);
}

/* Sums: both in r8 r9, low in r10 r11. Filter words in r6 r7, inputs in r3 r4 and r5 r12. */
#define MW_BOTH_2A(word) MW_MAC("r8", word, "r3") MW_MAC("r9", word, "r4")
#define MW_BOTH_2B(word) MW_MAC("r8", word, "r5") MW_MAC("r9", word, "r12")
#define MW_LOW_2A(word) MW_MAC("r10", word, "r3") MW_MAC("r11", word, "r4")
#define MW_LOW_2B(word) MW_MAC("r10", word, "r5") MW_MAC("r11", word, "r12")
#define MW_STEP_2                                                                                  \
    MW_LINE("ldrd r6, r7, [r0], #8")                                                               \
    MW_LINE("ldmia.w r1!, {r3, r4, r5, r12}")                                                      \
    MW_TAPS("r6", MW_BOTH_2A, MW_LOW_2A)                                                           \
    MW_TAPS("r7", MW_BOTH_2B, MW_LOW_2B)
enum { MW_STEP_2_BYTES = 12 * 4 };

MW_ASSEMBLY void mw_pairs_2(MW_UNUSED const int32_t *filters, MW_UNUSED mw_block *block)
{
    __asm__(MW_ENTER                                                     /* */
            MW_LINE("ldrd r8, r10, [r0], #8")                            /* */
            MW_LOAD_ROUNDS                                               /* */
            MW_LINE("mov r9, r8") MW_LINE("mov r11, r10")                /* */
            MW_JUMP_IN MW_TWICE(MW_STEP_2) MW_AGAIN                 /* */
            MW_FINISH_2 MW_LEAVE);
}

/* Sums: both in r3, low in r8. Two steps at a time: filter words in r4 … r7, inputs in r9 … r12. */
#define MW_TAPS_1(word, x)                                                                         \
    MW_MAC("r3", word, x) MW_LINE("sxtb16 " word ", " word) MW_MAC("r8", word, x)
#define MW_STEPS_1                                                                                 \
    MW_LINE("ldmia.w r0!, {r4, r5, r6, r7}")                                                       \
    MW_LINE("ldmia.w r1!, {r9, r10, r11, r12}")                                                    \
    MW_TAPS_1("r4", "r9") MW_TAPS_1("r5", "r10") MW_TAPS_1("r6", "r11") MW_TAPS_1("r7", "r12")
enum { MW_STEPS_1_BYTES = 14 * 4 };

/* Bit 0 of skip: whether there is an odd step; it comes first. The output is in lr. */
MW_ASSEMBLY void mw_pairs_1(MW_UNUSED const int32_t *filters, MW_UNUSED mw_block *block)
{
    __asm__(MW_LINE("push {r1, r4-r11, lr}")                             /* */
            MW_LINE("ldr lr, [r1]") "2:\n\t"                             /* */
            MW_LINE("ldrd r3, r8, [r0], #8")                             /* */
            MW_LOAD_ROUNDS                                               /* */
            MW_LINE("lsrs r6, r6, #1")                                   /* */
            MW_LINE("bcc 3f")                                            /* */
            MW_LINE("ldrd r4, r5, [r0], #8")                             /* */
            MW_LINE("ldrd r9, r10, [r1], #8")                            /* */
            MW_TAPS_1("r4", "r9") MW_TAPS_1("r5", "r10")                 /* */
            "3:\n\t" MW_JUMP_IN MW_TWICE(MW_STEPS_1) MW_AGAIN       /* */
            MW_LINE("sub.w r9, r3, r8")                                  /* */
            MW_LOAD_SCALES                                               /* */
            MW_SHORT_LOW("r8")                                           /* */
            MW_NEXT_SCALES                                               /* */
            MW_SHORT_HIGH("r9")                                          /* */
            MW_LINE("strb r8, [lr], #2")                                 /* */
            MW_LINE("it ge")                                             /* */
            MW_LINE("strbge r9, [lr, #-1]")                              /* */
            MW_LEAVE);
}

/* Widen words of three pixels `next` bytes apart; return the end of what was written. */
MW_ASSEMBLY uint32_t *mw_widen_3(MW_UNUSED uint32_t *to, MW_UNUSED const int8_t *from,
                                 MW_UNUSED int32_t next, MW_UNUSED int32_t words)
{
    __asm__(MW_LINE("push {r4-r10, lr}")                                            /* */
            MW_LINE("add r12, r1, r2") MW_LINE("add lr, r12, r2")                   /* */
            "1:\n\t"                                                                /* */
            MW_LINE("ldr r8, [r1], #4") MW_LINE("ldr r9, [r12], #4")                /* */
            MW_LINE("ldr r10, [lr], #4")                                            /* */
            MW_LINE("sxtb16 r4, r8") MW_LINE("sxtb16 r5, r9")                       /* */
            MW_LINE("sxtb16 r6, r10") MW_LINE("sxtb16 r8, r8, ror #8")              /* */
            MW_LINE("sxtb16 r9, r9, ror #8") MW_LINE("sxtb16 r10, r10, ror #8")     /* */
            MW_LINE("subs r3, #1")                                                  /* */
            MW_LINE("stm r0!, {r4, r5, r6, r8, r9, r10}")                           /* */
            MW_LINE("bne 1b") "pop {r4-r10, pc}");
}

/* The same for two pixels. */
MW_ASSEMBLY uint32_t *mw_widen_2(MW_UNUSED uint32_t *to, MW_UNUSED const int8_t *from,
                                 MW_UNUSED int32_t next, MW_UNUSED int32_t words)
{
    __asm__(MW_LINE("push {r4-r7, lr}")                                             /* */
            MW_LINE("add r2, r1")                                                   /* */
            "1:\n\t"                                                                /* */
            MW_LINE("ldr r6, [r1], #4") MW_LINE("ldr r7, [r2], #4")                 /* */
            MW_LINE("sxtb16 r4, r6") MW_LINE("sxtb16 r5, r7")                       /* */
            MW_LINE("sxtb16 r6, r6, ror #8") MW_LINE("sxtb16 r7, r7, ror #8")       /* */
            MW_LINE("subs r3, #1")                                                  /* */
            MW_LINE("stm r0!, {r4, r5, r6, r7}")                                    /* */
            MW_LINE("bne 1b") "pop {r4-r7, pc}");
}

/* The same for one. */
MW_ASSEMBLY uint32_t *mw_widen_1(MW_UNUSED uint32_t *to, MW_UNUSED const int8_t *from,
                                 MW_UNUSED int32_t next, MW_UNUSED int32_t words)
{
    __asm__("1:\n\t"                                                                /* */
            MW_LINE("ldr r12, [r1], #4")                                            /* */
            MW_LINE("sxtb16 r2, r12") MW_LINE("sxtb16 r12, r12, ror #8")            /* */
            MW_LINE("subs r3, #1")                                                  /* */
            MW_LINE("stm r0!, {r2, r12}")                                           /* */
            MW_LINE("bne 1b") "bx lr");
}

static inline void mw_set_steps(mw_block *block, int32_t pixels)
{
    const int32_t steps = block->steps, twos = steps >> 1;
    if (pixels > 1) {
        block->rounds = (steps + 1) >> 1;
        block->skip = (steps & 1) * (pixels == 3 ? MW_STEP_3_BYTES : MW_STEP_2_BYTES);
    } else {
        const int32_t skipped = twos > 0 ? twos & 1 : 2;
        block->rounds = twos > 0 ? (twos + 1) >> 1 : 1;
        block->skip = 2 * skipped * MW_STEPS_1_BYTES + (steps & 1);
    }
}

#else

static inline uint32_t *mw_widen(uint32_t *to, const int8_t *from, int32_t next, int32_t words,
                                 int32_t pixels)
{
    for (int32_t k = 0; k < words; k++, to += 2 * pixels) {
        for (int32_t i = 0; i < pixels; i++) {
            const uint32_t four = mw_load4(from + i * next + 4 * k);
            to[i] = mw_even(four);
            to[pixels + i] = mw_odd(four);
        }
    }
    return to;
}

static inline uint32_t *mw_widen_3(uint32_t *to, const int8_t *from, int32_t next, int32_t words)
{
    return mw_widen(to, from, next, words, 3);
}

static inline uint32_t *mw_widen_2(uint32_t *to, const int8_t *from, int32_t next, int32_t words)
{
    return mw_widen(to, from, next, words, 2);
}

static inline uint32_t *mw_widen_1(uint32_t *to, const int8_t *from, int32_t next, int32_t words)
{
    return mw_widen(to, from, next, words, 1);
}

static inline void mw_set_steps(mw_block *block, int32_t pixels)
{
    (void)block;
    (void)pixels;
}

/* One pair of channels of one pixel: the plain meaning of the assembly. */
static inline void mw_pair(const int32_t *w, mw_block *block, int32_t pixels, int32_t i)
{
    const int32_t words = 2 * block->steps;
    int32_t both = w[0], low = w[1];
    for (int32_t k = 0; k < words; k++) {
        const uint32_t x = block->x[k * pixels + i], filter = (uint32_t)w[2 + k];
        both = mw_mla2(filter, x, both);
        low = mw_mla2(mw_even(filter), x, low);
    }
    mw_finish_pair(block, i, both, low, w + 2 + words);
}

static inline void mw_pairs(const int32_t *w, mw_block *block, int32_t pixels)
{
    for (; block->channels > 0; block->channels -= 2, w += 2 * block->steps + 5) {
        for (int32_t i = 0; i < pixels; i++) {
            mw_pair(w, block, pixels, i);
        }
    }
}

static inline void mw_pairs_3(const int32_t *w, mw_block *block) { mw_pairs(w, block, 3); }
static inline void mw_pairs_2(const int32_t *w, mw_block *block) { mw_pairs(w, block, 2); }
static inline void mw_pairs_1(const int32_t *w, mw_block *block) { mw_pairs(w, block, 1); }

#endif
#endif
