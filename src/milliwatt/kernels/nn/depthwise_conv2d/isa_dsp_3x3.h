/* Depthwise 3x3 windows from columns of int16: one word holds what a channel's upper two taps of a
 * column read, another the lower one.
 *
 * The loops are assembly because they keep all fourteen registers busy, which compilers do not:
 * they spill, and in plain C a layer of 72,000 products took 332,657 instructions where this takes
 * 187,634.
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
    int8_t bias[4], multiplier[4];
    int8_t taps[9]; /* row and column: 00 01 10 11, 02 20 12 21, 22 */
    int8_t shift;
} mw_channel;

/* What is left to do: channels from one to another, along a strip of columns. */
typedef struct {
    const mw_channel *ch;  /* the next channel … */
    int8_t *y;             /* … and its output */
    int32_t step;          /* bytes to the next output pixel */
    const mw_column *stop; /* of a channel's blocks */
    const mw_column *end;  /* of the channels, as they lie in the first column */
    int32_t bytes;         /* from a channel's first block to its stop */
    int32_t bias, multiplier, offset; /* of the channel */
} mw_run;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* Four channels of `count` > 0 columns that lie `step` bytes apart in each of three rows: the first
 * one at a, the others at distances from it. */
static inline void mw_widen_columns(mw_column *to, const int8_t *a, intptr_t to_b, intptr_t to_c,
                                    int32_t step, int32_t count)
{
    __asm__ volatile("1:\n\t"
                     "ldr r8, [%[a]]\n\t"
                     "ldr r12, [%[a], %[to_b]]\n\t"
                     "ldr r11, [%[a], %[to_c]]\n\t"
                     "add %[a], %[step]\n\t"
                     "pkhbt r6, r8, r12, lsl #16\n\t"
                     "pkhtb r12, r12, r8, asr #16\n\t"
                     "sxtb16 r4, r6\n\t"
                     "sxtb16 r5, r11\n\t"
                     "sxtb16 r6, r6, ror #8\n\t"
                     "sxtb16 r8, r11, ror #8\n\t"
                     "sxtb16 r9, r12\n\t"
                     "sxtb16 r10, r11, ror #16\n\t"
                     "sxtb16 r11, r11, ror #24\n\t"
                     "sxtb16 r12, r12, ror #8\n\t"
                     "stmia.w %[to]!, {r4, r5, r6, r8, r9, r10}\n\t"
                     "strd r12, r11, [%[to]], #8\n\t"
                     "subs %[n], %[n], #1\n\t"
                     "bne 1b"
                     : [a] "+r"(a), [to] "+r"(to), [n] "+r"(count)
                     : [to_b] "r"(to_b), [to_c] "r"(to_c), [step] "r"(step)
                     : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}

/* Weights from the record in `at`: r4, r5, r6 for the upper two taps of each column, r8 for the
 * lower ones of the first two, r9 of the last; all 256 times as large. */
#define MW_WEIGHTS(at)                                                                             \
    "ldr r5, [%[" #at "], #8]\n\t"                                                                 \
    "ldr r8, [%[" #at "], #12]\n\t"                                                                \
    "ldrsb r9, [%[" #at "], #16]\n\t"                                                              \
    "mov r10, #0xff00ff00\n\t"                                                                     \
    "and r4, r10, r5, lsl #8\n\t"                                                                  \
    "and r5, r5, r10\n\t"                                                                          \
    "and r6, r10, r8, lsl #8\n\t"                                                                  \
    "and r8, r8, r10\n\t"                                                                          \
    "lsl r9, r9, #8\n\t"
#define MW_COLUMN(j) "ldrd r10, r11, [%[x], #32*(" #j ")]\n\t"
#define MW_START(i, from) "smlad %[a" #i "], r10, r4, %[a" #from "]\n\t" MW_LEFT_LOWER(i)
#define MW_LEFT_LOWER(i) "smlabb %[a" #i "], r11, r8, %[a" #i "]\n\t"
#define MW_MIDDLE(i)                                                                               \
    "smlad %[a" #i "], r10, r5, %[a" #i "]\n\t"                                                    \
    "smlabt %[a" #i "], r11, r8, %[a" #i "]\n\t"
#define MW_RIGHT(i)                                                                                \
    "smlad %[a" #i "], r10, r6, %[a" #i "]\n\t"                                                    \
    "smlabb %[a" #i "], r11, r9, %[a" #i "]\n\t"
#define MW_SCALE(i)                                                                                \
    "smmla %[a" #i "], %[a" #i "], r10, r11\n\t"                                                   \
    "asr %[a" #i "], r9\n\t"                                                                      \
    "ssat %[a" #i "], #8, %[a" #i "], asr #1\n\t"
#define MW_NEXT_CHANNEL                                                                            \
    "add r4, r4, #18\n\t"                                                                          \
    "add r5, r5, #1\n\t"                                                                           \
    "strd r4, r5, [%[run]]\n\t"                                                                    \
    "add %[x], %[x], #8\n\t"
#define MW_OPEN_3                                                                                  \
    "2:\n\t"                                                                                       \
    "ldr %[a0], [%[run]]\n\t" MW_WEIGHTS(a0)                                                       \
    "ldrsb %[shift], [%[a0], #17]\n\t"                                                             \
    "ldr r10, [%[a0]]\n\t"                                                                         \
    "ldr r11, [%[a0], #4]\n\t"                                                                     \
    "strd r10, r11, [%[run], #24]\n\t"                                                             \
    "mvn r10, #254\n\t"                                                                            \
    "lsl r10, r10, %[shift]\n\t"                                                                   \
    "add r10, r10, #64\n\t"                                                                        \
    "str r10, [%[run], #32]\n\t"                                                                   \
    "ldr r11, [%[run], #20]\n\t"                                                                   \
    "add r11, %[x]\n\t"                                                                            \
    "str r11, [%[run], #12]\n\t"                                                                   \
    "ldr %[y], [%[run], #4]\n"                                                                     \
    "1:\n\t"                                                                                       \
    "ldr %[a2], [%[run], #24]\n\t"
#define MW_CLOSE_3                                                                                 \
    "ldrd r10, r11, [%[run], #28]\n\t"                                                             \
    "smmla %[a0], %[a0], r10, r11\n\t"                                                             \
    "smmla %[a1], %[a1], r10, r11\n\t"                                                             \
    "smmla %[a2], %[a2], r10, r11\n\t"                                                             \
    "ldrd r10, r11, [%[run], #8]\n\t"                                                              \
    "asr %[a0], %[shift]\n\t"                                                                      \
    "asr %[a1], %[shift]\n\t"                                                                      \
    "asr %[a2], %[shift]\n\t"                                                                      \
    "ssat %[a0], #8, %[a0], asr #1\n\t"                                                            \
    "ssat %[a1], #8, %[a1], asr #1\n\t"                                                            \
    "ssat %[a2], #8, %[a2], asr #1\n\t"                                                            \
    "strb %[a0], [%[y]]\n\t"                                                                       \
    "strb %[a1], [%[y], r10]\n\t"                                                                  \
    "strb %[a2], [%[y], r10, lsl #1]\n\t"                                                          \
    "add %[y], r10\n\t"                                                                            \
    "add %[y], %[y], r10, lsl #1\n\t"                                                              \
    "cmp %[x], r11\n\t"                                                                            \
    "blo 1b\n\t"                                                                                   \
    "ldrd r4, r5, [%[run]]\n\t"                                                                    \
    "ldrd r6, r8, [%[run], #16]\n\t"                                                               \
    "sub %[x], r8\n\t" MW_NEXT_CHANNEL                                                             \
    "cmp %[x], r6\n\t"                                                                             \
    "blo 2b"

/* Blocks of three output pixels, stride 1. */
static inline void mw_windows_of_3(mw_run *run, const mw_column *x)
{
    int32_t a0, a1, a2, shift;
    int8_t *y;
    __asm__ volatile(MW_OPEN_3 MW_COLUMN(0) MW_START(0, 2) MW_COLUMN(1) MW_MIDDLE(0) MW_START(1, 2)
                         MW_COLUMN(2) MW_RIGHT(0) MW_MIDDLE(1) MW_START(2, 2) MW_COLUMN(3)
                             MW_RIGHT(1) MW_MIDDLE(2) MW_COLUMN(4) MW_RIGHT(2)
                     "add %[x], %[x], #96\n\t" MW_CLOSE_3
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [x] "+r"(x), [y] "=&r"(y),
                       [shift] "=&r"(shift)
                     : [run] "r"(run)
                     : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* Blocks of three output pixels, stride 2. */
static inline void mw_windows_of_3_by_2(mw_run *run, const mw_column *x)
{
    int32_t a0, a1, a2, shift;
    int8_t *y;
    __asm__ volatile(MW_OPEN_3 MW_COLUMN(0) MW_START(0, 2) MW_COLUMN(1) MW_MIDDLE(0) MW_COLUMN(2)
                         MW_RIGHT(0) MW_START(1, 2) MW_COLUMN(3) MW_MIDDLE(1) MW_COLUMN(4)
                             MW_RIGHT(1) MW_START(2, 2) MW_COLUMN(5) MW_MIDDLE(2) MW_COLUMN(6)
                                 MW_RIGHT(2)
                     "add %[x], %[x], #192\n\t" MW_CLOSE_3
                     : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [x] "+r"(x), [y] "=&r"(y),
                       [shift] "=&r"(shift)
                     : [run] "r"(run)
                     : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* One block of five output pixels, stride 1. */
static inline void mw_windows_of_5(mw_run *run, const mw_column *x)
{
    int32_t a0, a1, a2, a3, a4;
    __asm__ volatile(
        "1:\n\t"
        "ldr %[a0], [%[run]]\n\t" MW_WEIGHTS(a0)
        "ldr %[a4], [%[a0]]\n\t" MW_COLUMN(0) MW_START(0, 4) MW_COLUMN(1) MW_MIDDLE(0)
            MW_START(1, 4) MW_COLUMN(2) MW_RIGHT(0) MW_MIDDLE(1) MW_START(2, 4) MW_COLUMN(3)
                MW_RIGHT(1) MW_MIDDLE(2) MW_START(3, 4) MW_COLUMN(4) MW_RIGHT(2) MW_MIDDLE(3)
                    MW_START(4, 4) MW_COLUMN(5) MW_RIGHT(3) MW_MIDDLE(4) MW_COLUMN(6) MW_RIGHT(4)
        "ldmia.w %[run], {r4, r5, r6}\n\t"
        "ldrsb r9, [r4, #17]\n\t"
        "ldr r10, [r4, #4]\n\t"
        "mvn r11, #254\n\t"
        "lsl r11, r11, r9\n\t"
        "add r11, r11, #64\n\t"
        MW_SCALE(0) MW_SCALE(1) MW_SCALE(2) MW_SCALE(3) MW_SCALE(4)
        "strb %[a0], [r5]\n\t"
        "strb %[a1], [r5, r6]\n\t"
        "strb %[a2], [r5, r6, lsl #1]\n\t"
        "strb %[a4], [r5, r6, lsl #2]\n\t"
        "add r6, r6, r6, lsl #1\n\t"
        "strb %[a3], [r5, r6]\n\t"
        "ldr r8, [%[run], #16]\n\t" MW_NEXT_CHANNEL
        "cmp %[x], r8\n\t"
        "blo 1b"
        : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [a3] "=&r"(a3), [a4] "=&r"(a4),
          [x] "+r"(x)
        : [run] "r"(run)
        : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
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

static inline void mw_windows_of_3(mw_run *run, const mw_column *x)
{
    mw_windows(run, x, run->bytes / (int32_t)(MW_LANES * sizeof *x), 1);
}

static inline void mw_windows_of_3_by_2(mw_run *run, const mw_column *x)
{
    mw_windows(run, x, run->bytes / (int32_t)(2 * MW_LANES * sizeof *x), 2);
}

static inline void mw_windows_of_5(mw_run *run, const mw_column *x)
{
    mw_windows(run, x, 5, 1);
}

#endif
#endif
