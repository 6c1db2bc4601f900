/* Two output channels at a time from int8 weights, of which only one is ever unpacked.
 *
 * A filter word holds two taps of two channels, `high` and `low`: each half is 256 * high + low, and
 * fits in int16. Multiplied as it is, it adds up both channels at once; its even bytes alone, which
 * SXTB16 extracts, add up `low`; the difference of the sums is 256 times that of `high`. Where that sum is
 * below 2^23 in magnitude it can be read off exactly, whatever wrapped on the way.
 *
 * A step is four taps: filter words of taps {0, 2} and {1, 3}, then inputs in the same order, widened
 * to int16, the words of all pixels next to each other. The loops are assembly because compilers keep
 * fewer sums in registers: 17 instructions for the 24 products of three pixels where they need 27. The
 * first ADD jumps into the unrolled loop, so that the number of steps need be no multiple of four.
 */
#ifndef MW_ISA_DSP_PAIRS_H
#define MW_ISA_DSP_PAIRS_H

#include <stdint.h>

#include "isa_dsp.h"

/* Sums of one output pixel. */
typedef struct {
    int32_t both; /* 256 * high + low */
    int32_t low;
} mw_pair;

/* 256 times the sum of the high channel, if that is below 2^23 in magnitude */
static inline int32_t mw_high(mw_pair sum)
{
    return (int32_t)((uint32_t)sum.both - (uint32_t)sum.low);
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_FOUR_TIMES(step) step step step step
#define MW_PIXEL(word, input, pixel) "smlad %[b" #pixel "], %[" #word "], " input ", %[b" #pixel "]\n\t"
#define MW_PIXEL_LOW(word, input, pixel) "smlad %[l" #pixel "], %[" #word "], " input ", %[l" #pixel "]\n\t"
#define MW_UNPACK(word) "sxtb16 %[" #word "], %[" #word "]\n\t"

#define MW_STEP_3                                                                                  \
    "ldrd %[w0], %[w1], [%[w]], #8\n\t"                                                            \
    "ldmia.w %[x]!, {r4, r5, r6}\n\t" MW_PIXEL(w0, "r4", 0) MW_PIXEL(w0, "r5", 1)                  \
        MW_PIXEL(w0, "r6", 2) MW_UNPACK(w0) MW_PIXEL_LOW(w0, "r4", 0) MW_PIXEL_LOW(w0, "r5", 1)    \
            MW_PIXEL_LOW(w0, "r6", 2) "ldmia.w %[x]!, {r4, r5, r6}\n\t" MW_PIXEL(w1, "r4", 0)      \
                MW_PIXEL(w1, "r5", 1) MW_PIXEL(w1, "r6", 2) MW_UNPACK(w1)                          \
                    MW_PIXEL_LOW(w1, "r4", 0) MW_PIXEL_LOW(w1, "r5", 1) MW_PIXEL_LOW(w1, "r6", 2)

/* Three pixels. Returns the end of the filter words. */
static inline const int32_t *mw_dot_pairs_3(const uint32_t *x, const int32_t *w, int32_t steps,
                                            mw_pair *sum)
{
    int32_t w0 = (-steps & 3) * 68, w1; /* 17 instructions of 4 bytes are skipped for each */
    int32_t rounds = (steps + 3) >> 2;
    __asm__("add pc, %[w0]\n\t"
            "nop\n"
            "1:\n\t" MW_FOUR_TIMES(MW_STEP_3) "subs %[n], %[n], #1\n\t"
                                              "bne 1b"
            : [b0] "+r"(sum[0].both), [b1] "+r"(sum[1].both), [b2] "+r"(sum[2].both),
              [l0] "+r"(sum[0].low), [l1] "+r"(sum[1].low), [l2] "+r"(sum[2].low), [x] "+r"(x),
              [w] "+r"(w), [n] "+r"(rounds), [w0] "+r"(w0), [w1] "=&r"(w1)
            :
            : "r4", "r5", "r6", "cc", "memory");
    return w;
}

#define MW_STEP_2                                                                                  \
    "ldrd %[w0], %[w1], [%[w]], #8\n\t"                                                            \
    "ldmia.w %[x]!, {r4, r5, r6, r8}\n\t" MW_PIXEL(w0, "r4", 0) MW_PIXEL(w0, "r5", 1)              \
        MW_UNPACK(w0) MW_PIXEL_LOW(w0, "r4", 0) MW_PIXEL_LOW(w0, "r5", 1) MW_PIXEL(w1, "r6", 0)    \
            MW_PIXEL(w1, "r8", 1) MW_UNPACK(w1) MW_PIXEL_LOW(w1, "r6", 0) MW_PIXEL_LOW(w1, "r8", 1)

/* Two pixels. */
static inline const int32_t *mw_dot_pairs_2(const uint32_t *x, const int32_t *w, int32_t steps,
                                            mw_pair *sum)
{
    int32_t w0 = (-steps & 3) * 48, w1;
    int32_t rounds = (steps + 3) >> 2;
    __asm__("add pc, %[w0]\n\t"
            "nop\n"
            "1:\n\t" MW_FOUR_TIMES(MW_STEP_2) "subs %[n], %[n], #1\n\t"
                                              "bne 1b"
            : [b0] "+r"(sum[0].both), [b1] "+r"(sum[1].both), [l0] "+r"(sum[0].low),
              [l1] "+r"(sum[1].low), [x] "+r"(x), [w] "+r"(w), [n] "+r"(rounds), [w0] "+r"(w0),
              [w1] "=&r"(w1)
            :
            : "r4", "r5", "r6", "r8", "cc", "memory");
    return w;
}

#define MW_STEP_1                                                                                  \
    "ldmia.w %[w]!, {r4, r5, r6, r8}\n\t"                                                          \
    "ldmia.w %[x]!, {r9, r10, r11, r12}\n\t"                                                       \
    "smlad %[b0], r4, r9, %[b0]\n\t"                                                               \
    "sxtb16 r4, r4\n\t"                                                                            \
    "smlad %[l0], r4, r9, %[l0]\n\t"                                                               \
    "smlad %[b0], r5, r10, %[b0]\n\t"                                                              \
    "sxtb16 r5, r5\n\t"                                                                            \
    "smlad %[l0], r5, r10, %[l0]\n\t"                                                              \
    "smlad %[b0], r6, r11, %[b0]\n\t"                                                              \
    "sxtb16 r6, r6\n\t"                                                                            \
    "smlad %[l0], r6, r11, %[l0]\n\t"                                                              \
    "smlad %[b0], r8, r12, %[b0]\n\t"                                                              \
    "sxtb16 r8, r8\n\t"                                                                            \
    "smlad %[l0], r8, r12, %[l0]\n\t"

/* One pixel: two steps at a time, after the odd one. */
static inline const int32_t *mw_dot_pairs_1(const uint32_t *x, const int32_t *w, int32_t steps,
                                            mw_pair *sum)
{
    int32_t both = sum->both, low = sum->low;
    if (steps & 1) {
        const uint32_t w0 = (uint32_t)w[0], w1 = (uint32_t)w[1], x0 = x[0], x1 = x[1];
        both = mw_mla2(w1, x1, mw_mla2(w0, x0, both));
        low = mw_mla2(mw_even(w1), x1, mw_mla2(mw_even(w0), x0, low));
        w += 2;
        x += 2;
    }
    const int32_t twos = steps >> 1;
    if (twos > 0) {
        int32_t rounds = (twos + 3) >> 2, skip = (-twos & 3) * 56;
        __asm__("add pc, %[skip]\n\t"
                "nop\n"
                "1:\n\t" MW_FOUR_TIMES(MW_STEP_1) "subs %[n], %[n], #1\n\t"
                                                  "bne 1b"
                : [b0] "+r"(both), [l0] "+r"(low), [x] "+r"(x), [w] "+r"(w), [n] "+r"(rounds)
                : [skip] "r"(skip)
                : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
    }
    sum->both = both;
    sum->low = low;
    return w;
}

#else

static inline const int32_t *mw_dot_pairs(const uint32_t *x, const int32_t *w, int32_t steps,
                                          int32_t pixels, mw_pair *sum)
{
    for (int32_t k = 0; k < 2 * steps; k++, w++) {
        for (int32_t i = 0; i < pixels; i++, x++) {
            sum[i].both = mw_mla2((uint32_t)*w, *x, sum[i].both);
            sum[i].low = mw_mla2(mw_even((uint32_t)*w), *x, sum[i].low);
        }
    }
    return w;
}

static inline const int32_t *mw_dot_pairs_3(const uint32_t *x, const int32_t *w, int32_t steps,
                                            mw_pair *sum)
{
    return mw_dot_pairs(x, w, steps, 3, sum);
}

static inline const int32_t *mw_dot_pairs_2(const uint32_t *x, const int32_t *w, int32_t steps,
                                            mw_pair *sum)
{
    return mw_dot_pairs(x, w, steps, 2, sum);
}

static inline const int32_t *mw_dot_pairs_1(const uint32_t *x, const int32_t *w, int32_t steps,
                                            mw_pair *sum)
{
    return mw_dot_pairs(x, w, steps, 1, sum);
}

#endif
#endif
