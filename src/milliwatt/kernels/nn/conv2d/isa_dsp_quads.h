/* Four output channels at a time, two pixels or one, where what is below 0.0 is cut off.
 *
 * A quad is two pairs of channels, each as isa_dsp_pairs.h has it. Eight sums share what is loaded:
 * a step of four taps takes 24 instructions for the 32 products of two pixels, 14 for the 16 of
 * one. Filter words of both pairs lie next to each other, first those of taps {0, 2}, then of
 * {1, 3}. No register is left to count with, so the loop of two pixels ends where the inputs do.
 * The assembly also widens windows and goes from block to block: left to a compiler, that took 1.1
 * of the 8.5 million cycles of a person detector, and takes less than half of it here.
 *
 * With a zero point of -128 sums below zero saturate, so that only the others must be rounded as
 * the reference does. The sum of a low channel is requantised as in requantize_short.h, without
 * regard to its sign. That of a high one comes 256 times as large, and floors compose:
 *
 *     y = floor((256 * acc * multiplier / 2^32 + 2^6 - 255 * 2^(right+6)) / 2^(right+7))
 */
#ifndef MW_ISA_DSP_QUADS_H
#define MW_ISA_DSP_QUADS_H

#include <stdint.h>

#include "isa_dsp.h"

/* Blocks of two pixels, or of one, next to each other. The assembly knows the order. */
typedef struct {
    int32_t step;    /*  0: bytes from a pixel's outputs to the next one's */
    uint32_t *x;     /*  4: widened inputs … */
    uint32_t *x_end; /*  8 */
    int32_t skip;    /* 12: bytes of the unrolled loop to skip at first */
    /* What the first block's window covers: of each of kh rows, `words` words and `rest` bytes. */
    const void *const *rows; /* 16: where the first row is … */
    int32_t offset;          /* 20: … so many bytes further on */
    int32_t next;            /* 24: bytes from a pixel's window to the next one's */
    int32_t words, kh;       /* 28, 32 */
    int32_t dilation;        /* 36: bytes from a row's pointer to the next one's … */
    int32_t pitch;           /* 40: … and from its offset to the next one's */
    int32_t rest;            /* 44 */
    int8_t *rests;           /* 48: all of them, of each pixel … */
    int32_t rest_words;      /* 52: … as many words */
    int32_t advance;         /* 56: bytes from a block's window to the next one's */
    int32_t blocks;          /* 60: how many; counts down */
    int8_t *room;            /* for a window that leaves the image */
} mw_quads;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_ASSEMBLY static __attribute__((naked, noinline))
#define MW_UNUSED __attribute__((unused))
#define MW_LINE(text) text "\n\t"
#define MW_FOUR_TIMES(step) step step step step
#define MW_EIGHT_TIMES(step) MW_FOUR_TIMES(step) MW_FOUR_TIMES(step)

#define MW_MAC(sum, word, x) MW_LINE("smlad " sum ", " word ", " x ", " sum)
#define MW_UNPACK(word) MW_LINE("sxtb16 " word ", " word)

/* r0 filters, r1 blocks, r2 channels of the first pixel, r3 their end. On the stack: these two,
 * step 8, x 12, x_end 16, skip 20, filters 24, blocks 28. */
#define MW_ENTER                                                                                   \
    MW_LINE("push {r0, r1, r4-r11, lr}")                                                           \
    MW_LINE("ldm r1!, {r4-r7}")                                                                    \
    MW_LINE("push {r2-r7}")
/* Widen what the window of a block covers: r0 rows, r1 offset, r2 next, r3 words, r4 rows left,
 * r5 from, r6 to do, r11 rests, r12 blocks, lr to. */
#define MW_WIDEN(word, rest_byte)                                                                  \
    "5:\n\t"                                                                                       \
    MW_LINE("ldr.w r12, [sp, #28]")                                                                \
    MW_LINE("ldr.w lr, [sp, #12]")                                                                 \
    MW_LINE("ldr.w r11, [r12, #48]")                                                               \
    MW_LINE("add.w r0, r12, #16")                                                                  \
    MW_LINE("ldm r0, {r0-r4}")                                                                     \
    "6:\n\t"                                                                                       \
    MW_LINE("ldr r5, [r0]")                                                                        \
    MW_LINE("ldr.w r6, [r12, #36]")                                                                \
    MW_LINE("ldr.w r7, [r12, #40]")                                                                \
    MW_LINE("add r5, r1")                                                                          \
    MW_LINE("add r0, r6")                                                                          \
    MW_LINE("add r1, r7")                                                                          \
    MW_LINE("movs r6, r3")                                                                         \
    MW_LINE("beq 8f")                                                                              \
    "7:\n\t" word                                                                                  \
    MW_LINE("bne 7b")                                                                              \
    MW_LINE("cbz r4, 10f")                                                                         \
    "8:\n\t"                                                                                       \
    MW_LINE("ldr.w r6, [r12, #44]")                                                                \
    MW_LINE("ldr.w r9, [r12, #52]")                                                                \
    MW_LINE("cbz r6, 11f")                                                                         \
    MW_LINE("lsl.w r9, r9, #2")                                                                    \
    "9:\n\t" rest_byte                                                                             \
    MW_LINE("subs r6, #1")                                                                         \
    MW_LINE("bne 9b")                                                                              \
    "11:\n\t"                                                                                      \
    MW_LINE("subs r4, #1")                                                                         \
    MW_LINE("bne 6b")                                                                              \
    MW_LINE("ldrd r5, r6, [r12, #48]")                                                             \
    MW_LINE("lsls r2, r6, #2")                                                                     \
    MW_LINE("bne 7b")                                                                              \
    "10:\n\t"                                                                                      \
    MW_LINE("ldr.w r1, [r12, #20]")                                                                \
    MW_LINE("ldr.w r2, [r12, #56]")                                                                \
    MW_LINE("ldr r0, [sp, #24]")                                                                   \
    MW_LINE("add r1, r2")                                                                          \
    MW_LINE("str.w r1, [r12, #20]")
/* On to the next block, whose first pixel is so many steps behind the end of the one before. */
#define MW_LEAVE(more_steps)                                                                       \
    "3:\n\t"                                                                                       \
    MW_LINE("ldr r0, [sp, #28]")                                                                   \
    MW_LINE("ldr r1, [sp, #4]")                                                                    \
    MW_LINE("ldr r2, [sp, #8]")                                                                    \
    MW_LINE("ldr r3, [r0, #60]") more_steps                                                        \
    MW_LINE("str r1, [sp]")                                                                        \
    MW_LINE("add r1, r2")                                                                          \
    MW_LINE("str r1, [sp, #4]")                                                                    \
    MW_LINE("subs r3, #1")                                                                         \
    MW_LINE("str r3, [r0, #60]")                                                                   \
    MW_LINE("bne.w 5b")                                                                            \
    MW_LINE("add sp, #32")                                                                         \
    MW_LINE("pop {r4-r11, pc}")
#define MW_JUMP_IN(skip) MW_LINE("add pc, " skip) MW_LINE("nop") "1:\n\t"

/* r3 shifts, r4 and r5 multipliers of a pair, r1 offset of a channel, r2 -255 */
#define MW_FIRST_SCALES                                                                            \
    MW_LINE("ldm r0!, {r3, r4, r5}")                                                               \
    MW_LINE("mvn r2, #254")                                                                        \
    MW_LINE("lsl.w r1, r2, r3")
#define MW_NEXT_SCALES                                                                             \
    MW_LINE("ldrd r4, r5, [r0], #8")                                                               \
    MW_LINE("lsrs r3, r3, #8")                                                                     \
    MW_LINE("lsl.w r1, r2, r3")
#define MW_HIGH_SCALE                                                                              \
    MW_LINE("lsrs r3, r3, #8")                                                                     \
    MW_LINE("lsl.w r1, r2, r3")                                                                    \
    MW_LINE("adds r1, #64")
#define MW_LOW(sum)                                                                                \
    MW_LINE("lsl.w " sum ", " sum ", #1")                                                          \
    MW_LINE("smmlar " sum ", " sum ", r4, r1") MW_NARROW(sum)
#define MW_HIGH(sum) MW_LINE("smmla " sum ", " sum ", r5, r1") MW_NARROW(sum)
#define MW_NARROW(sum)                                                                             \
    MW_LINE("asr.w " sum ", " sum ", r3")                                                          \
    MW_LINE("ssat " sum ", #8, " sum ", asr #1")

/* r1 behind the outputs of the first pixel; flags: against their end */
#define MW_FIND_OUTPUTS                                                                            \
    MW_LINE("ldr r1, [sp]")                                                                        \
    MW_LINE("ldr r3, [sp, #4]")                                                                    \
    MW_LINE("adds r1, #4")                                                                         \
    MW_LINE("cmp r1, r3")                                                                          \
    MW_LINE("bhi 4f")
#define MW_STORE(to, at, value) MW_LINE("strb " value ", [" to ", #" #at "]")
#define MW_STORE_IF(condition, to, at, value)                                                      \
    MW_LINE("strb" condition " " value ", [" to ", #" #at "]")

/* Two pixels. Sums: both of the first pair in r6 r7, low in r8 r9; of the second in r10 r11 and
 * r12 lr. Inputs in r2 r3, filter words in r4 r5. */
#define MW_WORDS_2                                                                                 \
    MW_LINE("ldrd r2, r3, [r1], #8")                                                               \
    MW_LINE("ldrd r4, r5, [r0], #8")                                                               \
    MW_MAC("r6", "r4", "r2") MW_MAC("r7", "r4", "r3") MW_UNPACK("r4")                              \
    MW_MAC("r8", "r4", "r2") MW_MAC("r9", "r4", "r3")                                              \
    MW_MAC("r10", "r5", "r2") MW_MAC("r11", "r5", "r3") MW_UNPACK("r5")                            \
    MW_MAC("r12", "r5", "r2") MW_MAC("lr", "r5", "r3")
/* The first words of a filter: the biases are still one for both pixels. */
#define MW_MAC_BOTH(first, second, word)                                                           \
    MW_LINE("smlad " second ", " word ", r3, " first) MW_MAC(first, word, "r2")
#define MW_FIRST_WORDS_2                                                                           \
    MW_LINE("ldrd r2, r3, [r1], #8")                                                               \
    MW_LINE("ldrd r4, r5, [r0], #8")                                                               \
    MW_MAC_BOTH("r6", "r7", "r4") MW_UNPACK("r4") MW_MAC_BOTH("r8", "r9", "r4")                    \
    MW_MAC_BOTH("r10", "r11", "r5") MW_UNPACK("r5") MW_MAC_BOTH("r12", "lr", "r5")
#define MW_WIDEN_WORD_2                                                                            \
    MW_LINE("ldr.w r8, [r5, r2]")                                                                  \
    MW_LINE("ldr r7, [r5], #4")                                                                    \
    MW_LINE("subs r6, #1")                                                                         \
    MW_LINE("sxtb16 r10, r8, ror #8")                                                              \
    MW_LINE("sxtb16 r9, r7, ror #8")                                                               \
    MW_LINE("sxtb16 r8, r8")                                                                       \
    MW_LINE("sxtb16 r7, r7")                                                                       \
    MW_LINE("stm.w lr!, {r7, r8, r9, r10}")
#define MW_REST_BYTE_2                                                                             \
    MW_LINE("ldrb.w r8, [r5, r2]")                                                                 \
    MW_LINE("ldrb r7, [r5], #1")                                                                   \
    MW_LINE("strb.w r8, [r11, r9]")                                                                \
    MW_LINE("strb r7, [r11], #1")
enum { MW_STEP_2_BYTES = 2 * 12 * 4, MW_STEPS_2 = 8 };

MW_ASSEMBLY void mw_quads_2(MW_UNUSED const int32_t *filters, MW_UNUSED mw_quads *block,
                            MW_UNUSED int8_t *out, MW_UNUSED const int8_t *end)
{
    __asm__(MW_ENTER MW_WIDEN(MW_WIDEN_WORD_2, MW_REST_BYTE_2) "2:\n\t"            /* */
            MW_LINE("ldm.w r0!, {r6, r8, r10, r12}")                               /* */
            MW_LINE("ldr r1, [sp, #12]") MW_FIRST_WORDS_2 MW_WORDS_2               /* */
            MW_LINE("ldr r2, [sp, #20]") MW_JUMP_IN("r2") MW_EIGHT_TIMES(MW_WORDS_2 MW_WORDS_2)
            MW_LINE("ldr r2, [sp, #16]") MW_LINE("cmp r1, r2") MW_LINE("bne 1b")   /* */
            MW_LINE("sub.w r6, r6, r8") MW_LINE("sub.w r7, r7, r9")                /* */
            MW_LINE("sub.w r10, r10, r12") MW_LINE("sub.w r11, r11, lr")           /* */
            MW_FIRST_SCALES MW_LOW("r8") MW_LOW("r9")                              /* */
            MW_HIGH_SCALE MW_HIGH("r6") MW_HIGH("r7")                              /* */
            MW_NEXT_SCALES MW_LOW("r12") MW_LOW("lr")                              /* */
            MW_HIGH_SCALE MW_HIGH("r10") MW_HIGH("r11")                            /* */
            MW_LINE("ldr r2, [sp, #8]") MW_FIND_OUTPUTS MW_LINE("add r2, r1")      /* */
            MW_STORE("r1", -4, "r8") MW_STORE("r1", -3, "r6")                      /* */
            MW_STORE("r1", -2, "r12") MW_STORE("r1", -1, "r10")                    /* */
            MW_STORE("r2", -4, "r9") MW_STORE("r2", -3, "r7")                      /* */
            MW_STORE("r2", -2, "lr") MW_STORE("r2", -1, "r11")                     /* */
            MW_LINE("str r1, [sp]") MW_LINE("bne 2b")                              /* */
            MW_LEAVE(MW_LINE("add r1, r2"))
            "4:\n\t" MW_LINE("add r2, r1") MW_LINE("subs r3, r1, r3")              /* */
            MW_STORE("r1", -4, "r8") MW_STORE("r2", -4, "r9")                      /* */
            MW_LINE("cmp r3, #2") MW_LINE("itt ls")                                /* */
            MW_STORE_IF("ls", "r1", -3, "r6") MW_STORE_IF("ls", "r2", -3, "r7")    /* */
            MW_LINE("itt lo")                                                      /* */
            MW_STORE_IF("lo", "r1", -2, "r12") MW_STORE_IF("lo", "r2", -2, "lr")   /* */
            "b 3b");
}

/* One pixel. Sums: both in r8 and r10, low in r9 and r11. Inputs in r2 r3, their end in r12,
 * filter words in r4 … r7, what to skip in lr. */
#define MW_PAIR_1(word, x, both, low) MW_MAC(both, word, x) MW_UNPACK(word) MW_MAC(low, word, x)
#define MW_STEP_1                                                                                  \
    MW_LINE("ldm.w r0!, {r4, r5, r6, r7}")                                                         \
    MW_LINE("ldrd r2, r3, [r1], #8")                                                               \
    MW_PAIR_1("r4", "r2", "r8", "r9") MW_PAIR_1("r5", "r2", "r10", "r11")                          \
    MW_PAIR_1("r6", "r3", "r8", "r9") MW_PAIR_1("r7", "r3", "r10", "r11")
#define MW_WIDEN_WORD_1                                                                            \
    MW_LINE("ldr r7, [r5], #4")                                                                    \
    MW_LINE("subs r6, #1")                                                                         \
    MW_LINE("sxtb16 r8, r7, ror #8")                                                               \
    MW_LINE("sxtb16 r7, r7")                                                                       \
    MW_LINE("stm.w lr!, {r7, r8}")
#define MW_REST_BYTE_1 MW_LINE("ldrb r7, [r5], #1") MW_LINE("strb r7, [r11], #1")
enum { MW_STEP_1_BYTES = 14 * 4, MW_STEPS_1 = 4 };

MW_ASSEMBLY void mw_quads_1(MW_UNUSED const int32_t *filters, MW_UNUSED mw_quads *block,
                            MW_UNUSED int8_t *out, MW_UNUSED const int8_t *end)
{
    __asm__(MW_ENTER MW_WIDEN(MW_WIDEN_WORD_1, MW_REST_BYTE_1)                     /* */
            MW_LINE("ldr.w r12, [sp, #16]") MW_LINE("ldr.w lr, [sp, #20]") "2:\n\t" /* */
            MW_LINE("ldm.w r0!, {r8, r9, r10, r11}")                               /* */
            MW_LINE("ldr r1, [sp, #12]")                                           /* */
            MW_JUMP_IN("lr") MW_FOUR_TIMES(MW_STEP_1)                                    /* */
            MW_LINE("cmp r1, r12") MW_LINE("bne 1b")                               /* */
            MW_LINE("sub.w r8, r8, r9") MW_LINE("sub.w r10, r10, r11")             /* */
            MW_FIRST_SCALES MW_LOW("r9")                                           /* */
            MW_HIGH_SCALE MW_HIGH("r8")                                            /* */
            MW_NEXT_SCALES MW_LOW("r11")                                           /* */
            MW_HIGH_SCALE MW_HIGH("r10")                                           /* */
            MW_FIND_OUTPUTS                                                        /* */
            MW_STORE("r1", -4, "r9") MW_STORE("r1", -3, "r8")                      /* */
            MW_STORE("r1", -2, "r11") MW_STORE("r1", -1, "r10")                    /* */
            MW_LINE("str r1, [sp]") MW_LINE("bne 2b")                              /* */
            MW_LEAVE("")                                                               /* */
            "4:\n\t" MW_LINE("subs r3, r1, r3")                                    /* */
            MW_STORE("r1", -4, "r9")                                               /* */
            MW_LINE("cmp r3, #2") MW_LINE("it ls") MW_STORE_IF("ls", "r1", -3, "r8") /* */
            MW_LINE("it lo") MW_STORE_IF("lo", "r1", -2, "r11")                    /* */
            "b 3b");
}

/* Bytes of the unrolled loop to skip at first; steps > 0, of which the first of two pixels comes
 * before the loop. */
static inline int32_t mw_skip_2(int32_t steps)
{
    return (steps == 1 ? MW_STEPS_2 : (1 - steps) & (MW_STEPS_2 - 1)) * MW_STEP_2_BYTES;
}
static inline int32_t mw_skip_1(int32_t steps)
{
    return (-steps & (MW_STEPS_1 - 1)) * MW_STEP_1_BYTES;
}

#else

static inline int32_t mw_skip_2(int32_t steps) { return 0 * steps; }
static inline int32_t mw_skip_1(int32_t steps) { return 0 * steps; }

/* acc, 256 times as large, to int8; shift is right + 6 */
static inline int8_t mw_cut_high(int32_t acc, int32_t multiplier, int32_t shift)
{
    const int32_t high = (int32_t)(((int64_t)acc * multiplier) >> 32);
    const int32_t offset = 64 - (int32_t)((uint32_t)255 << shift);
    return (int8_t)mw_saturate8((high + offset) >> shift >> 1);
}

/* acc to int8; shift is right - 1 */
static inline int8_t mw_cut_low(int32_t acc, int32_t multiplier, int32_t shift)
{
    const int32_t offset = -(int32_t)((uint32_t)255 << shift);
    return (int8_t)mw_saturate8(mw_mla_high_word(acc * 2, multiplier, offset) >> shift >> 1);
}

/* Four channels of pixel i of `pixels`, from out on: the plain meaning of the assembly. */
static inline void mw_quad(const int32_t *w, const mw_quads *block, int32_t pixels, int32_t i,
                           int8_t *out, const int8_t *end)
{
    int32_t sums[4] = {w[0], w[1], w[2], w[3]};
    w += 4;
    for (const uint32_t *x = block->x + i; x < block->x_end; x += pixels, w += 2) {
        for (int32_t pair = 0; pair < 2; pair++) {
            const uint32_t filter = (uint32_t)w[pair];
            sums[2 * pair] = mw_mla2(filter, *x, sums[2 * pair]);
            sums[2 * pair + 1] = mw_mla2(mw_even(filter), *x, sums[2 * pair + 1]);
        }
    }
    for (int32_t k = 0; k < 4 && out + k < end; k++) {
        const int32_t low = sums[k | 1], shift = (w[0] >> (8 * k)) & 0xFF;
        const int32_t high = (int32_t)((uint32_t)sums[k & 2] - (uint32_t)low);
        out[i * block->step + k] =
            k & 1 ? mw_cut_high(high, w[1 + k], shift) : mw_cut_low(low, w[1 + k], shift);
    }
}

/* Widen a word of each pixel. */
static inline uint32_t *mw_widen(uint32_t *to, const int8_t *from, int32_t next, int32_t pixels)
{
    for (int32_t i = 0; i < pixels; i++) {
        const uint32_t four = mw_load4(from + i * next);
        to[i] = mw_even(four);
        to[pixels + i] = mw_odd(four);
    }
    return to + 2 * pixels;
}

static inline void mw_widen_window(const mw_quads *block, int32_t pixels)
{
    uint32_t *to = block->x;
    int8_t *rests = block->rests;
    const int32_t apart = 4 * block->rest_words;
    for (int32_t i = 0; i < block->kh; i++) {
        const void *const *at =
            (const void *const *)((const char *)block->rows + i * block->dilation);
        const int8_t *row = (const int8_t *)*at + block->offset + i * block->pitch;
        for (int32_t k = 0; k < block->words; k++, row += 4) {
            to = mw_widen(to, row, block->next, pixels);
        }
        for (int32_t k = 0; k < block->rest; k++, row++, rests++) {
            for (int32_t j = 0; j < pixels; j++) {
                rests[j * apart] = row[j * block->next];
            }
        }
    }
    for (int32_t k = 0; k < block->rest_words; k++) {
        to = mw_widen(to, block->rests + 4 * k, apart, pixels);
    }
}

static inline void mw_quads_of(const int32_t *filters, mw_quads *block, int8_t *out,
                               const int8_t *end, int32_t pixels)
{
    const int32_t words = (int32_t)(block->x_end - block->x) / pixels;
    const int32_t c_out = (int32_t)(end - out), behind = pixels * block->step - c_out;
    for (; block->blocks > 0; block->blocks--, block->offset += block->advance) {
        mw_widen_window(block, pixels);
        const int32_t *w = filters;
        for (end = out + c_out; out < end; out += 4, w += 2 * words + 9) {
            for (int32_t i = 0; i < pixels; i++) {
                mw_quad(w, block, pixels, i, out, end);
            }
        }
        out = (int8_t *)end + behind;
    }
}

static inline void mw_quads_2(const int32_t *w, mw_quads *block, int8_t *out, const int8_t *end)
{
    mw_quads_of(w, block, out, end, 2);
}

static inline void mw_quads_1(const int32_t *w, mw_quads *block, int8_t *out, const int8_t *end)
{
    mw_quads_of(w, block, out, end, 1);
}

#endif
#endif
