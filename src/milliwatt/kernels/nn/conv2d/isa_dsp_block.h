/* What the convolutions that take two output channels at a time have in common: the block of pixels
 * they compute, and the assembly around their loops. See isa_dsp_pairs.h for the arithmetic.
 */
#ifndef MW_ISA_DSP_BLOCK_H
#define MW_ISA_DSP_BLOCK_H

#include <stdint.h>

#include "requantize_short.h"

/* A block of up to three pixels. The assembly knows the offsets. */
typedef struct {
    int8_t *out[3];    /*  0: where the next channel goes; advances */
    const uint32_t *x; /* 12: widened inputs */
    int32_t rounds;    /* 16: times around the unrolled loop; of columns, bytes of inputs */
    int32_t skip;      /* 20: bytes of it to skip at first */
    int32_t scale;     /* 24: 2 * zero_y + 1 */
    int32_t channels;  /* 28: still to compute; counts down */
    int32_t steps;     /* 32: of four taps, or of four channels of a row */
} mw_block;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_ASSEMBLY static __attribute__((naked, noinline))
#define MW_UNUSED __attribute__((unused))
#define MW_TWICE(step) step step
#define MW_FOUR_TIMES(step) step step step step
#define MW_LINE(text) text "\n\t"

/* Add inputs times a filter word as it is, unpack it, add inputs times its low channel. */
#define MW_TAPS(word, mac_both, mac_low)                                                           \
    mac_both(word) MW_LINE("sxtb16 " word ", " word) mac_low(word)
#define MW_MAC(sum, word, x) MW_LINE("smlad " sum ", " word ", " x ", " sum)

/* sum: to int8; first: how 2 * acc comes from it; r7: offset of the channel, r4: its shift */
#define MW_SHORT(sum, first, multiplier)                                                           \
    MW_LINE("add.w r6, r7, " sum ", asr #31")                                                      \
    MW_LINE(first)                                                                                 \
    MW_LINE("smmlar " sum ", " sum ", " multiplier ", r6")                                         \
    MW_LINE("asr.w " sum ", " sum ", r4")                                                          \
    MW_LINE("ssat " sum ", #8, " sum ", asr #1")
#define MW_SHORT_LOW(sum) MW_SHORT(sum, "lsl.w " sum ", " sum ", #1", "r2")
#define MW_SHORT_HIGH(sum) MW_SHORT(sum, "asr.w " sum ", " sum ", #7", "r3")

/* r0 filters, r1 block */
#define MW_ENTER MW_LINE("push {r1, r4-r11, lr}") "2:\n\t"

/* r0, r1 as before; then r2 rounds, r6 skip, r1 inputs */
#define MW_LOAD_ROUNDS MW_LINE("ldrd r2, r6, [r1, #16]") MW_LINE("ldr r1, [r1, #12]")
#define MW_JUMP_IN MW_LINE("add pc, r6") MW_LINE("nop") "1:\n\t"
#define MW_AGAIN MW_LINE("subs r2, #1") MW_LINE("bne 1b")

/* r1 block, r2 and r3 multipliers, r4 shift and r7 offset of low; flags: channels left after these */
#define MW_LOAD_SCALES                                                                             \
    MW_LINE("ldr r1, [sp]")                                                                        \
    MW_LINE("ldm r0!, {r2, r3, r4}")                                                               \
    MW_LINE("ldrd r5, r6, [r1, #24]")                                                              \
    MW_LINE("subs r6, #2")                                                                         \
    MW_LINE("str r6, [r1, #28]")                                                                   \
    MW_LINE("lsl.w r7, r5, r4")
#define MW_NEXT_SCALES MW_LINE("lsr.w r4, r4, #8") MW_LINE("lsl.w r7, r5, r4")

/* Three pixels: both in r8 r9 r10, low in r11 r12 lr. */
#define MW_COPY_SUMS_3                                                                             \
    MW_LINE("mov r9, r8") MW_LINE("mov r10, r8") MW_LINE("mov r12, r11") MW_LINE("mov lr, r11")
#define MW_FINISH_3                                                                                \
    MW_LINE("sub.w r8, r8, r11") MW_LINE("sub.w r9, r9, r12")                                      \
    MW_LINE("sub.w r10, r10, lr")                                                                  \
    MW_LOAD_SCALES                                                                                 \
    MW_SHORT_LOW("r11") MW_SHORT_LOW("r12") MW_SHORT_LOW("lr")                                     \
    MW_NEXT_SCALES                                                                                 \
    MW_SHORT_HIGH("r8") MW_SHORT_HIGH("r9") MW_SHORT_HIGH("r10")                                   \
    MW_LINE("ldm r1, {r2, r3, r4}")                                                                \
    MW_LINE("strb r11, [r2], #2") MW_LINE("strb r12, [r3], #2")                                    \
    MW_LINE("strb lr, [r4], #2")                                                                   \
    MW_LINE("ittt ge")                                                                             \
    MW_LINE("strbge r8, [r2, #-1]") MW_LINE("strbge r9, [r3, #-1]")                                \
    MW_LINE("strbge r10, [r4, #-1]")                                                               \
    MW_LINE("stm r1, {r2, r3, r4}")

/* Two pixels: both in r8 r9, low in r10 r11. */
#define MW_FINISH_2                                                                                \
    MW_LINE("sub.w r8, r8, r10") MW_LINE("sub.w r9, r9, r11")                                      \
    MW_LOAD_SCALES                                                                                 \
    MW_SHORT_LOW("r10") MW_SHORT_LOW("r11")                                                        \
    MW_NEXT_SCALES                                                                                 \
    MW_SHORT_HIGH("r8") MW_SHORT_HIGH("r9")                                                        \
    MW_LINE("ldrd r2, r3, [r1]")                                                                   \
    MW_LINE("strb r10, [r2], #2") MW_LINE("strb r11, [r3], #2")                                    \
    MW_LINE("itt ge")                                                                              \
    MW_LINE("strbge r8, [r2, #-1]") MW_LINE("strbge r9, [r3, #-1]")                                \
    MW_LINE("strd r2, r3, [r1]")
#define MW_LEAVE MW_LINE("bgt 2b") "pop {r1, r4-r11, pc}"

#else

/* Requantise one pair of channels of one pixel: the plain meaning of the assembly. */
static inline void mw_finish_pair(mw_block *block, int32_t i, int32_t both, int32_t low,
                                  const int32_t *scales)
{
    const int32_t high = (int32_t)((uint32_t)both - (uint32_t)low); /* times 256 */
    const int32_t low_shift = scales[2] & 0xFF, high_shift = scales[2] >> 8;
    const int32_t low_offset = (int32_t)((uint32_t)block->scale << low_shift);
    const int32_t high_offset = (int32_t)((uint32_t)block->scale << high_shift);
    block->out[i][0] = (int8_t)mw_requantize_short(low, scales[0], low_shift, low_offset);
    if (block->channels > 1) {
        block->out[i][1] =
            (int8_t)mw_requantize_twice(high, high >> 7, scales[1], high_shift, high_offset);
    }
    block->out[i] += 2;
}

#endif
#endif
