/* Depthwise 3x3 windows from columns of int16: one word holds what a channel's upper two taps of a
 * column read, another the lower one.
 *
 * The loops are assembly because they keep all fourteen registers busy, which compilers do not:
 * they spill, and in plain C a layer of 72,000 products took 332,657 instructions where this takes
 * 178,415.
 */
#ifndef MW_ISA_DSP_3X3_H
#define MW_ISA_DSP_3X3_H

#include <stdint.h>

#include "isa_dsp.h"

enum { MW_LANES = 4 }; /* channels of a column that lie next to each other */

/* A column as one channel sees it. */
typedef struct {
    uint32_t upper; /* the first row, and above 16 bits the second */
    uint32_t lower; /* the third row; what is above 16 bits does not count */
} mw_column;

/* A channel as it lies in flash. All of it is bytes, for want of alignment. */
typedef struct {
    int8_t multiplier[4], bias[4];
    int8_t taps[9]; /* row and column: 00 01 10 11, 02 20 12 21, 22 */
    int8_t shift;
} mw_channel;

/* A strip of columns, whose channels are computed four at a time. The assembly knows the order. */
typedef struct {
    const mw_channel *ch;  /*  0: the next channel … */
    int8_t *y;             /*  4: … and its output */
    int32_t step;          /*  8: bytes to the next output pixel, or to the next column */
    const mw_column *stop; /* 12: of a channel's blocks */
    const mw_column *end;  /* 16: of the channels, as they lie in the first column */
    int32_t bytes;         /* 20: from a channel's first block to its stop */
    int32_t bias, multiplier, offset; /* 24: of the channel */
    const int8_t *a;       /* 36: four channels of the first column inside, in the first row … */
    intptr_t to_b, to_c;   /* 40: … and how far from it the other rows are */
    mw_column *inside;     /* 48: where columns that are inside go … */
    int32_t count;         /* 52: … and how many there are */
    mw_column *columns;    /* 56: all of them */
    int32_t left;          /* 60: channels still to compute, counts down by fours */
    int32_t blocks;        /* 64: an mw_blocks */
} mw_run;

/* Output pixels that are computed together, and the columns between them. */
enum mw_blocks { MW_THREE, MW_FIVE, MW_THREE_BY_2 };

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_ASSEMBLY static __attribute__((naked, noinline))
#define MW_UNUSED __attribute__((unused))
#define MW_LINE(text) text "\n\t"

/* Widen four channels of the columns inside: r1 from, r2 and r3 to the other rows, r0 to the next
 * column, r7 to, lr how many. Then r1 is the first of the channels to compute, r12 the strip and r4
 * its next record: the last channels, if less than four, lie behind some that have been. */
#define MW_ENTER                                                                                   \
    MW_LINE("push {r0, r4-r11, lr}")                                                               \
    "0:\n\t"                                                                                       \
    MW_LINE("ldr.w r12, [sp]")                                                                     \
    MW_LINE("ldr.w r0, [r12, #8]")                                                                 \
    MW_LINE("add.w r12, r12, #36")                                                                 \
    MW_LINE("ldm.w r12, {r1, r2, r3, r7, lr}")                                                     \
    MW_LINE("cmp.w lr, #0")                                                                        \
    MW_LINE("ble 4f")                                                                              \
    "3:\n\t"                                                                                       \
    MW_LINE("ldr.w r8, [r1]")                                                                      \
    MW_LINE("ldr.w r11, [r1, r2]")                                                                 \
    MW_LINE("ldr.w r12, [r1, r3]")                                                                 \
    MW_LINE("add r1, r0")                                                                          \
    MW_LINE("pkhbt r6, r8, r11, lsl #16")                                                          \
    MW_LINE("pkhtb r11, r11, r8, asr #16")                                                         \
    MW_LINE("sxtb16 r4, r6")                                                                       \
    MW_LINE("sxtb16 r5, r12")                                                                      \
    MW_LINE("sxtb16 r6, r6, ror #8")                                                               \
    MW_LINE("sxtb16 r8, r12, ror #8")                                                              \
    MW_LINE("sxtb16 r9, r11")                                                                      \
    MW_LINE("sxtb16 r10, r12, ror #16")                                                            \
    MW_LINE("sxtb16 r11, r11, ror #8")                                                             \
    MW_LINE("sxtb16 r12, r12, ror #24")                                                            \
    MW_LINE("subs.w lr, lr, #1")                                                                   \
    MW_LINE("stm.w r7!, {r4, r5, r6, r8, r9, r10, r11, r12}")                                      \
    MW_LINE("bne 3b")                                                                              \
    "4:\n\t"                                                                                       \
    MW_LINE("ldr.w r12, [sp]")                                                                     \
    MW_LINE("ldrd r1, r2, [r12, #56]")                                                             \
    MW_LINE("ldr.w r4, [r12]")                                                                     \
    MW_LINE("rsbs r2, r2, #4")                                                                     \
    MW_LINE("it gt")                                                                               \
    MW_LINE("addgt.w r1, r1, r2, lsl #3")

/* The next four channels, or as many as there are. */
#define MW_LEAVE                                                                                   \
    "8:\n\t"                                                                                       \
    MW_LINE("ldr.w r2, [r12, #60]")                                                                \
    MW_LINE("ldr.w r1, [r12, #36]")                                                                \
    MW_LINE("subs r2, #4")                                                                         \
    MW_LINE("str.w r2, [r12, #60]")                                                                \
    MW_LINE("ble 5f")                                                                              \
    MW_LINE("cmp r2, #4")                                                                          \
    MW_LINE("it gt")                                                                               \
    MW_LINE("movgt r2, #4")                                                                        \
    MW_LINE("add r1, r2")                                                                          \
    MW_LINE("str.w r1, [r12, #36]")                                                                \
    MW_LINE("b.w 0b")                                                                              \
    "5:\n\t" MW_LINE("pop {r0, r4-r11, pc}")

/* Weights from what r5, r8 and r9 have of a record: r4, r5, r6 for the upper two taps of each
 * column, r8 for the lower ones of the first two, r9 of the last; all 256 times as large. */
#define MW_WEIGHTS                                                                                 \
    MW_LINE("mov r10, #0xff00ff00")                                                                \
    MW_LINE("and r4, r10, r5, lsl #8")                                                             \
    MW_LINE("and r5, r5, r10")                                                                     \
    MW_LINE("and r6, r10, r8, lsl #8")                                                             \
    MW_LINE("and r8, r8, r10")                                                                     \
    MW_LINE("lsl r9, r9, #8")

/* Column j of a block, and the taps of it that read the lower row and the upper ones; r1 at the
 * block. */
#define MW_COLUMN(j) MW_LINE("ldrd r10, r11, [r1, #32*(" #j ")]")
#define MW_START(a, bias)                                                                          \
    MW_LINE("smlad " a ", r10, r4, " bias) MW_LINE("smlabb " a ", r11, r8, " a)
#define MW_MIDDLE(a) MW_LINE("smlad " a ", r10, r5, " a) MW_LINE("smlabt " a ", r11, r8, " a)
#define MW_RIGHT(a) MW_LINE("smlad " a ", r10, r6, " a) MW_LINE("smlabb " a ", r11, r9, " a)

/* On to the next record in r4 and its output in r5. */
#define MW_NEXT_CHANNEL                                                                            \
    MW_LINE("add r4, r4, #18")                                                                     \
    MW_LINE("add r5, r5, #1")                                                                      \
    MW_LINE("strd r4, r5, [r12]")                                                                  \
    MW_LINE("add r1, r1, #8")
#define MW_NARROW(a) MW_LINE("ssat " a ", #8, " a ", asr #1")

/* Blocks of three pixels: sums in r0, r2 and r3, outputs at r7, shift in lr. */
#define MW_OPEN_3                                                                                  \
    MW_LINE("ldr.w r7, [r12, #4]")                                                                 \
    "2:\n\t"                                                                                       \
    MW_LINE("ldr r5, [r4, #8]")                                                                    \
    MW_LINE("ldr.w r8, [r4, #12]")                                                                 \
    MW_LINE("ldrsb.w r9, [r4, #16]")                                                               \
    MW_LINE("ldrsb.w lr, [r4, #17]")                                                               \
    MW_LINE("ldr.w r10, [r4, #4]")                                                                 \
    MW_LINE("ldr.w r11, [r4]")                                                                     \
    MW_LINE("strd r10, r11, [r12, #24]")                                                           \
    MW_LINE("ldr.w r6, [r12, #20]")                                                                \
    MW_LINE("mvn r11, #254")                                                                       \
    MW_LINE("lsl r11, r11, lr")                                                                    \
    MW_LINE("add r11, r11, #64")                                                                   \
    MW_LINE("str.w r11, [r12, #32]")                                                               \
    MW_LINE("add r6, r1")                                                                          \
    MW_LINE("str.w r6, [r12, #12]") MW_WEIGHTS                                                     \
    "1:\n\t"                                                                                       \
    MW_LINE("ldr.w r3, [r12, #24]")
#define MW_CLOSE_3                                                                                 \
    MW_LINE("ldrd r10, r11, [r12, #28]")                                                           \
    MW_LINE("smmla r0, r0, r10, r11")                                                              \
    MW_LINE("smmla r2, r2, r10, r11")                                                              \
    MW_LINE("smmla r3, r3, r10, r11")                                                              \
    MW_LINE("ldrd r10, r11, [r12, #8]")                                                            \
    MW_LINE("asr r0, lr")                                                                          \
    MW_LINE("asr r2, lr")                                                                          \
    MW_LINE("asr r3, lr") MW_NARROW("r0") MW_NARROW("r2") MW_NARROW("r3")                          \
    MW_LINE("strb r0, [r7]")                                                                       \
    MW_LINE("strb.w r2, [r7, r10]")                                                                \
    MW_LINE("strb.w r3, [r7, r10, lsl #1]")                                                        \
    MW_LINE("add r7, r10")                                                                         \
    MW_LINE("cmp r1, r11")                                                                         \
    MW_LINE("add.w r7, r7, r10, lsl #1")                                                           \
    MW_LINE("blo 1b")                                                                              \
    MW_LINE("ldrd r4, r5, [r12]")                                                                  \
    MW_LINE("ldrd r6, r8, [r12, #16]")                                                             \
    MW_LINE("sub r1, r1, r8") MW_NEXT_CHANNEL                                                      \
    MW_LINE("mov r7, r5")                                                                          \
    MW_LINE("cmp r1, r6")                                                                          \
    MW_LINE("blo 2b")

#define MW_BLOCK_OF_3                                                                              \
    MW_COLUMN(0) MW_START("r0", "r3")                                                              \
    MW_COLUMN(1) MW_MIDDLE("r0") MW_START("r2", "r3")                                              \
    MW_COLUMN(2) MW_RIGHT("r0") MW_MIDDLE("r2") MW_START("r3", "r3")                               \
    MW_COLUMN(3) MW_RIGHT("r2") MW_MIDDLE("r3")                                                    \
    MW_COLUMN(4) MW_RIGHT("r3")                                                                    \
    MW_LINE("add r1, r1, #96")
#define MW_BLOCK_OF_3_BY_2                                                                         \
    MW_COLUMN(0) MW_START("r0", "r3")                                                              \
    MW_COLUMN(1) MW_MIDDLE("r0")                                                                   \
    MW_COLUMN(2) MW_RIGHT("r0") MW_START("r2", "r3")                                               \
    MW_COLUMN(3) MW_MIDDLE("r2")                                                                   \
    MW_COLUMN(4) MW_RIGHT("r2") MW_START("r3", "r3")                                               \
    MW_COLUMN(5) MW_MIDDLE("r3")                                                                   \
    MW_COLUMN(6) MW_RIGHT("r3")                                                                    \
    MW_LINE("add r1, r1, #192")

/* One block of five output pixels: sums in r0, r2, r3, r7 and lr. */
#define MW_SCALE(a) MW_LINE("smmla " a ", " a ", r10, r11") MW_LINE("asr " a ", r9") MW_NARROW(a)
#define MW_CHANNELS_OF_5                                                                           \
    "1:\n\t"                                                                                       \
    MW_LINE("ldr r5, [r4, #8]")                                                                    \
    MW_LINE("ldr.w r8, [r4, #12]")                                                                 \
    MW_LINE("ldrsb.w r9, [r4, #16]")                                                               \
    MW_LINE("ldr.w lr, [r4, #4]") MW_WEIGHTS                                                       \
    MW_COLUMN(0) MW_START("r0", "lr")                                                              \
    MW_COLUMN(1) MW_MIDDLE("r0") MW_START("r2", "lr")                                              \
    MW_COLUMN(2) MW_RIGHT("r0") MW_MIDDLE("r2") MW_START("r3", "lr")                               \
    MW_COLUMN(3) MW_RIGHT("r2") MW_MIDDLE("r3") MW_START("r7", "lr")                               \
    MW_COLUMN(4) MW_RIGHT("r3") MW_MIDDLE("r7") MW_START("lr", "lr")                               \
    MW_COLUMN(5) MW_RIGHT("r7") MW_MIDDLE("lr")                                                    \
    MW_COLUMN(6) MW_RIGHT("lr")                                                                    \
    MW_LINE("ldmia.w r12, {r4, r5, r6}")                                                           \
    MW_LINE("ldrsb.w r9, [r4, #17]")                                                               \
    MW_LINE("ldr.w r8, [r12, #16]")                                                                \
    MW_LINE("ldr r10, [r4], #18")                                                                  \
    MW_LINE("mvn r11, #254")                                                                       \
    MW_LINE("lsl r11, r11, r9")                                                                    \
    MW_LINE("add r11, r11, #64")                                                                   \
    MW_SCALE("r0") MW_SCALE("r2") MW_SCALE("r3") MW_SCALE("r7") MW_SCALE("lr")                     \
    MW_LINE("add.w r10, r6, r6, lsl #1")                                                           \
    MW_LINE("strb r2, [r5, r6]")                                                                   \
    MW_LINE("strb.w r3, [r5, r6, lsl #1]")                                                         \
    MW_LINE("strb.w r7, [r5, r10]")                                                                \
    MW_LINE("strb.w lr, [r5, r6, lsl #2]")                                                         \
    MW_LINE("strb r0, [r5], #1")                                                                   \
    MW_LINE("add r1, r1, #8")                                                                      \
    MW_LINE("strd r4, r5, [r12]")                                                                  \
    MW_LINE("cmp r1, r8")                                                                          \
    MW_LINE("blo 1b")

MW_ASSEMBLY void mw_strip(MW_UNUSED mw_run *run)
{
    __asm__(MW_ENTER                                                              /* */
            MW_LINE("ldr.w r3, [r12, #64]")                                       /* */
            MW_LINE("cmp r3, #1")                                                 /* */
            MW_LINE("bhi.w 7f")                                                   /* */
            MW_LINE("beq.w 6f")                                                   /* */
            MW_OPEN_3 MW_BLOCK_OF_3 MW_CLOSE_3 MW_LEAVE                           /* */
            "6:\n\t" MW_CHANNELS_OF_5 MW_LINE("b 8b")                             /* */
            "7:\n\t" MW_OPEN_3 MW_BLOCK_OF_3_BY_2 MW_CLOSE_3 MW_LINE("b.w 8b"));
}

#else

static inline void mw_widen_columns(mw_column *to, const int8_t *a, intptr_t to_b, intptr_t to_c,
                                    int32_t step, int32_t count)
{
    for (; count > 0; count--, a += step) {
        const int8_t *b = (const int8_t *)((intptr_t)a + to_b);
        const int8_t *c = (const int8_t *)((intptr_t)a + to_c);
        for (int32_t k = 0; k < MW_LANES; k++, to++) {
            to->upper = (uint32_t)(uint16_t)a[k] | (uint32_t)(uint16_t)b[k] << 16;
            to->lower = (uint32_t)(uint16_t)c[k];
        }
    }
}

static inline int8_t mw_pixel(const mw_channel *ch, const mw_column *x)
{
    static const int8_t upper[3] = {0, 1, 4}, lower[3] = {5, 7, 8};
    int32_t acc = (int32_t)mw_load4(ch->bias);
    for (int32_t j = 0; j < 3; j++, x += MW_LANES) {
        acc += mw_half(x->upper, 0) * ch->taps[upper[j]] * 256;
        acc += mw_half(x->upper, 1) * ch->taps[upper[j] + 2] * 256;
        acc += mw_half(x->lower, 0) * ch->taps[lower[j]] * 256;
    }
    const int32_t high = (int32_t)(((int64_t)acc * (int32_t)mw_load4(ch->multiplier)) >> 32);
    const int32_t offset = 64 - (int32_t)((uint32_t)255 << ch->shift);
    return (int8_t)mw_saturate8((high + offset) >> ch->shift >> 1);
}

static inline void mw_windows(mw_run *run, const mw_column *x, int32_t pixels, int32_t stride)
{
    for (; x < run->end; x++, run->ch++, run->y++) {
        for (int32_t i = 0; i < pixels; i++) {
            run->y[i * run->step] = mw_pixel(run->ch, x + MW_LANES * stride * i);
        }
    }
}

static inline void mw_strip(mw_run *run)
{
    const int32_t stride = run->blocks == MW_THREE_BY_2 ? 2 : 1;
    const int32_t pixels = run->bytes / (stride * MW_LANES * (int32_t)sizeof(mw_column));
    for (;;) {
        mw_widen_columns(run->inside, run->a, run->to_b, run->to_c, run->step, run->count);
        const int32_t again = run->left < MW_LANES ? MW_LANES - run->left : 0;
        mw_windows(run, run->columns + again, pixels, stride);
        run->left -= MW_LANES;
        if (run->left <= 0) {
            return;
        }
        run->a += run->left < MW_LANES ? run->left : MW_LANES;
    }
}

#endif
#endif
