/* Windows three columns wide at stride one: neighbouring pixels share columns, and their registers.
 *
 * The arithmetic is that of isa_dsp_pairs.h. A step is four channels of a row of the window: words
 * of channels {0, 2} of all columns next to each other, then {1, 3}; filter words likewise, three
 * columns. Three pixels see five columns, so that 8 loads of a word serve 36 products where pairs
 * take 12. A step is 48 instructions for 72 products, or 34 for the 48 of two pixels. No register is
 * left to count with, so the loop ends where the inputs do.
 */
#ifndef MW_ISA_DSP_COLUMNS_H
#define MW_ISA_DSP_COLUMNS_H

#include <stdint.h>

#include "isa_dsp_block.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* r0 filters, r1 block; on the stack the block, then the end of the inputs */
#define MW_ENTER_COLUMNS                                                                           \
    MW_LINE("ldr r2, [r1, #12]")                                                                   \
    MW_LINE("ldr r3, [r1, #16]")                                                                   \
    MW_LINE("add r2, r3")                                                                          \
    MW_LINE("push {r1-r11, lr}")                                                                   \
    "2:\n\t"
#define MW_LOAD_INPUTS MW_LINE("ldr r6, [r1, #20]") MW_LINE("ldr r1, [r1, #12]")
#define MW_AGAIN_COLUMNS MW_LINE("ldr r2, [sp, #4]") MW_LINE("cmp r1, r2") MW_LINE("bne 1b")
#define MW_LEAVE_COLUMNS MW_LINE("bgt 2b") "pop {r1-r11, pc}"

/* Inputs of five columns in r2 … r6; the second and third filter word come in r7 and where a column
 * has become free. */
#define MW_TAP_3(word, a, b, c)                                                                    \
    MW_MAC("r8", word, a) MW_MAC("r9", word, b) MW_MAC("r10", word, c)                             \
    MW_LINE("sxtb16 " word ", " word)                                                              \
    MW_MAC("r11", word, a) MW_MAC("r12", word, b) MW_MAC("lr", word, c)
#define MW_COLUMNS_3                                                                               \
    MW_LINE("ldmia.w r1!, {r2, r3, r4, r5, r6}")                                                   \
    MW_LINE("ldr.w r7, [r0], #4")                                                                  \
    MW_TAP_3("r7", "r2", "r3", "r4")                                                               \
    MW_LINE("ldrd r7, r2, [r0], #8")                                                               \
    MW_TAP_3("r7", "r3", "r4", "r5")                                                               \
    MW_TAP_3("r2", "r4", "r5", "r6")
enum { MW_COLUMNS_3_BYTES = 2 * 24 * 4 };

MW_ASSEMBLY void mw_columns_3(MW_UNUSED const int32_t *filters, MW_UNUSED mw_block *block)
{
    __asm__(MW_ENTER_COLUMNS                                              /* */
            MW_LINE("ldrd r8, r11, [r0], #8")                             /* */
            MW_LOAD_INPUTS MW_COPY_SUMS_3                                 /* */
            MW_JUMP_IN MW_FOUR_TIMES(MW_COLUMNS_3) MW_AGAIN_COLUMNS       /* */
            MW_FINISH_3 MW_LEAVE_COLUMNS);
}

/* Inputs of four columns in r2 … r5. */
#define MW_TAP_2(word, a, b)                                                                       \
    MW_MAC("r8", word, a) MW_MAC("r9", word, b)                                                    \
    MW_LINE("sxtb16 " word ", " word)                                                              \
    MW_MAC("r10", word, a) MW_MAC("r11", word, b)
#define MW_COLUMNS_2                                                                               \
    MW_LINE("ldmia.w r1!, {r2, r3, r4, r5}")                                                       \
    MW_LINE("ldm.w r0!, {r6, r7, r12}")                                                            \
    MW_TAP_2("r6", "r2", "r3") MW_TAP_2("r7", "r3", "r4") MW_TAP_2("r12", "r4", "r5")
enum { MW_COLUMNS_2_BYTES = 2 * 17 * 4 };

MW_ASSEMBLY void mw_columns_2(MW_UNUSED const int32_t *filters, MW_UNUSED mw_block *block)
{
    __asm__(MW_ENTER_COLUMNS                                              /* */
            MW_LINE("ldrd r8, r10, [r0], #8")                             /* */
            MW_LOAD_INPUTS                                                /* */
            MW_LINE("mov r9, r8") MW_LINE("mov r11, r10")                 /* */
            MW_JUMP_IN MW_FOUR_TIMES(MW_COLUMNS_2) MW_AGAIN_COLUMNS       /* */
            MW_FINISH_2 MW_LEAVE_COLUMNS);
}

/* Widen channels of five columns, `c` bytes apart; return the end of what was written. */
MW_ASSEMBLY uint32_t *mw_widen_5(MW_UNUSED uint32_t *to, MW_UNUSED const int8_t *from,
                                 MW_UNUSED int32_t c, MW_UNUSED int32_t words)
{
    __asm__(MW_LINE("push {r4-r11, lr}")                                            /* */
            MW_LINE("add r12, r2, r2, lsl #1")                                      /* */
            "1:\n\t"                                                                /* */
            MW_LINE("ldr r5, [r1, r2]") MW_LINE("ldr r6, [r1, r2, lsl #1]")         /* */
            MW_LINE("ldr r7, [r1, r12]") MW_LINE("ldr r8, [r1, r2, lsl #2]")        /* */
            MW_LINE("ldr r4, [r1], #4")                                             /* */
            MW_LINE("sxtb16 r10, r5") MW_LINE("sxtb16 r11, r6")                     /* */
            MW_LINE("sxtb16 lr, r7") MW_LINE("sxtb16 r9, r4")                       /* */
            MW_LINE("stm r0!, {r9, r10, r11, lr}")                                  /* */
            MW_LINE("sxtb16 r9, r8") MW_LINE("str r9, [r0], #4")                    /* */
            MW_LINE("sxtb16 r4, r4, ror #8") MW_LINE("sxtb16 r5, r5, ror #8")       /* */
            MW_LINE("sxtb16 r6, r6, ror #8") MW_LINE("sxtb16 r7, r7, ror #8")       /* */
            MW_LINE("sxtb16 r8, r8, ror #8") MW_LINE("subs r3, #1")                 /* */
            MW_LINE("stm r0!, {r4, r5, r6, r7, r8}")                                /* */
            MW_LINE("bne 1b") "pop {r4-r11, pc}");
}

static inline void mw_set_columns(mw_block *block, int32_t pixels)
{
    block->rounds = block->steps * 8 * (pixels + 2);
    block->skip = (block->steps & 1) * (pixels == 3 ? MW_COLUMNS_3_BYTES : MW_COLUMNS_2_BYTES);
}

#else

static inline uint32_t *mw_widen_5(uint32_t *to, const int8_t *from, int32_t c, int32_t words)
{
    for (; words > 0; words--, from += 4, to += 10) {
        for (int32_t j = 0; j < 5; j++) {
            const uint32_t four = mw_load4(from + j * c);
            to[j] = mw_even(four);
            to[5 + j] = mw_odd(four);
        }
    }
    return to;
}

static inline void mw_set_columns(mw_block *block, int32_t pixels)
{
    (void)block;
    (void)pixels;
}

static inline void mw_columns(const int32_t *w, mw_block *block, int32_t pixels)
{
    for (; block->channels > 0; block->channels -= 2, w += 6 * block->steps + 5) {
        for (int32_t i = 0; i < pixels; i++) {
            const int32_t *filter = w + 2;
            const uint32_t *x = block->x + i;
            int32_t both = w[0], low = w[1];
            for (int32_t k = 0; k < 2 * block->steps; k++, x += pixels + 2, filter += 3) {
                for (int32_t j = 0; j < 3; j++) {
                    both = mw_mla2((uint32_t)filter[j], x[j], both);
                    low = mw_mla2(mw_even((uint32_t)filter[j]), x[j], low);
                }
            }
            mw_finish_pair(block, i, both, low, filter);
        }
    }
}

static inline void mw_columns_3(const int32_t *w, mw_block *block) { mw_columns(w, block, 3); }
static inline void mw_columns_2(const int32_t *w, mw_block *block) { mw_columns(w, block, 2); }

#endif
#endif
