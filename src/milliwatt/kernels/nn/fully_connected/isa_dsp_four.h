/* Four outputs of a fully connected layer from int8 weights, of which only every other is unpacked.
 *
 * A filter word holds two taps of two outputs, `high` and `low`: each half is 256 * high + low.
 * Multiplied as it is, it adds up both outputs at once; its even bytes alone add up `low`; the
 * difference of the sums is 256 times that of `high`, read off exactly where that is below 2^23,
 * whatever wrapped.
 *
 * A step is four inputs. The loop is assembly because compilers spill its thirteen registers: 17
 * instructions for 16 products where they need 28.
 */
#ifndef MW_ISA_DSP_FOUR_H
#define MW_ISA_DSP_FOUR_H

#include <stdint.h>

#include "isa_dsp.h"
#include "requantize_short.h"

/* Of two pairs of outputs the sums of both, 256 * high + low, and of low. */
typedef struct {
    int32_t both_a, low_a, both_b, low_b;
} mw_four;

/* A row of inputs, and what is next to be computed from it. */
typedef struct {
    const int8_t *x;
    int32_t steps; /* of four inputs, positive */
    const int32_t *w;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t step;  /* of multipliers and shifts from an output to the next, 0 or 1 */
    int32_t scale; /* 2 * zero_y + 1 */
    int8_t *out;
    int32_t blocks;
} mw_fours;

static inline int32_t mw_high_of(int32_t both, int32_t low)
{
    return (int32_t)((uint32_t)both - (uint32_t)low) >> 8;
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_FOUR_STEP                                                                              \
    "ldmia.w %[w]!, {r4, r5, r6, r8}\n\t"                                                          \
    "ldr %[x0], [%[x]], #4\n\t"                                                                    \
    "sxtb16 %[x1], %[x0], ror #8\n\t"                                                              \
    "sxtb16 %[x0], %[x0]\n\t"                                                                      \
    "smlad %[ba], r4, %[x0], %[ba]\n\t"                                                            \
    "smlad %[ba], r5, %[x1], %[ba]\n\t"                                                            \
    "smlad %[bb], r6, %[x0], %[bb]\n\t"                                                            \
    "smlad %[bb], r8, %[x1], %[bb]\n\t"                                                            \
    "sxtb16 r4, r4\n\t"                                                                            \
    "sxtb16 r5, r5\n\t"                                                                            \
    "sxtb16 r6, r6\n\t"                                                                            \
    "sxtb16 r8, r8\n\t"                                                                            \
    "smlad %[la], r4, %[x0], %[la]\n\t"                                                            \
    "smlad %[la], r5, %[x1], %[la]\n\t"                                                            \
    "smlad %[lb], r6, %[x0], %[lb]\n\t"                                                            \
    "smlad %[lb], r8, %[x1], %[lb]\n\t"

/* Add `steps` > 0 steps. Returns the end of the filter words. */
static inline const int32_t *mw_dot_four(const int8_t *x, const int32_t *w, int32_t steps,
                                          mw_four *sum)
{
    int32_t ba = sum->both_a, la = sum->low_a, bb = sum->both_b, lb = sum->low_b;
    int32_t rounds = (steps + 1) >> 1;
    uint32_t x0 = (uint32_t)steps & 1u, x1;
    __asm__("cmp %[x0], #0\n\t"
            "bne 2f\n"
            "1:\n\t" MW_FOUR_STEP "\n"
            "2:\n\t" MW_FOUR_STEP "subs %[n], %[n], #1\n\t"
                                   "bne 1b"
            : [ba] "+r"(ba), [la] "+r"(la), [bb] "+r"(bb), [lb] "+r"(lb), [x] "+r"(x), [w] "+r"(w),
              [n] "+r"(rounds), [x0] "+r"(x0), [x1] "=&r"(x1)
            :
            : "r4", "r5", "r6", "r8", "cc", "memory");
    *sum = (mw_four){ba, la, bb, lb};
    return w;
}

/* From twice a sum. */
#define MW_FOUR_OUT(twice)                                                                         \
    "ldr %[x0], [r4]\n\t"                                                                          \
    "ldrsb %[x1], [r5]\n\t"                                                                        \
    "add r4, r4, r6, lsl #2\n\t"                                                                   \
    "add r5, r5, r6\n\t"                                                                           \
    "lsl %[n], r8, %[x1]\n\t"                                                                      \
    "add %[n], %[n], %[" #twice "], asr #31\n\t"                                                   \
    "smmlar %[" #twice "], %[" #twice "], %[x0], %[n]\n\t"                                         \
    "asr %[" #twice "], %[x1]\n\t"                                                                 \
    "ssat %[" #twice "], #8, %[" #twice "], asr #1\n\t"                                            \
    "strb %[" #twice "], [%[x]], #1\n\t"

/* Compute f->blocks > 0 blocks of four outputs. */
static inline void mw_all_fours(mw_fours *f)
{
    int32_t ba, la, bb, lb, x, w, n, x0, x1;
    __asm__ volatile("3:\n\t"
                     "ldrd %[x], %[n], [%[f]]\n\t"
                     "ldr %[w], [%[f], #8]\n\t"
                     "ldrd %[ba], %[la], [%[w]], #8\n\t"
                     "ldrd %[bb], %[lb], [%[w]], #8\n\t"
                     "lsrs %[n], %[n], #1\n\t"
                     "bcc 1f\n\t"
                     "add %[n], %[n], #1\n\t"
                     "b 2f\n"
                     "1:\n\t" MW_FOUR_STEP "\n"
                     "2:\n\t" MW_FOUR_STEP "subs %[n], %[n], #1\n\t"
                     "bne 1b\n\t"
                     "str %[w], [%[f], #8]\n\t"
                     "sub %[ba], %[ba], %[la]\n\t"
                     "sub %[bb], %[bb], %[lb]\n\t"
                     "asr %[ba], %[ba], #7\n\t"
                     "asr %[bb], %[bb], #7\n\t"
                     "lsl %[la], %[la], #1\n\t"
                     "lsl %[lb], %[lb], #1\n\t"
                     "ldrd r4, r5, [%[f], #12]\n\t"
                     "ldrd r6, r8, [%[f], #20]\n\t"
                     "ldr %[x], [%[f], #28]\n\t" MW_FOUR_OUT(la) MW_FOUR_OUT(ba) MW_FOUR_OUT(lb)
                         MW_FOUR_OUT(bb)
                     "strd r4, r5, [%[f], #12]\n\t"
                     "ldr %[n], [%[f], #32]\n\t"
                     "str %[x], [%[f], #28]\n\t"
                     "subs %[n], %[n], #1\n\t"
                     "str %[n], [%[f], #32]\n\t"
                     "bne 3b"
                     : [ba] "=&r"(ba), [la] "=&r"(la), [bb] "=&r"(bb), [lb] "=&r"(lb), [x] "=&r"(x),
                       [w] "=&r"(w), [n] "=&r"(n), [x0] "=&r"(x0), [x1] "=&r"(x1)
                     : [f] "r"(f)
                     : "r4", "r5", "r6", "r8", "cc", "memory");
}

#else

static inline const int32_t *mw_dot_four(const int8_t *x, const int32_t *w, int32_t steps,
                                          mw_four *sum)
{
    for (; steps > 0; steps--, x += 4, w += 4) {
        const uint32_t x02 = mw_even(mw_load4(x)), x13 = mw_odd(mw_load4(x));
        const uint32_t a02 = (uint32_t)w[0], a13 = (uint32_t)w[1];
        const uint32_t b02 = (uint32_t)w[2], b13 = (uint32_t)w[3];
        sum->both_a = mw_mla2(a13, x13, mw_mla2(a02, x02, sum->both_a));
        sum->both_b = mw_mla2(b13, x13, mw_mla2(b02, x02, sum->both_b));
        sum->low_a = mw_mla2(mw_even(a13), x13, mw_mla2(mw_even(a02), x02, sum->low_a));
        sum->low_b = mw_mla2(mw_even(b13), x13, mw_mla2(mw_even(b02), x02, sum->low_b));
    }
    return w;
}

static inline void mw_all_fours(mw_fours *f)
{
    for (; f->blocks > 0; f->blocks--) {
        mw_four sum = {f->w[0], f->w[1], f->w[2], f->w[3]};
        f->w = mw_dot_four(f->x, f->w + 4, f->steps, &sum);
        const int32_t acc[4] = {sum.low_a, mw_high_of(sum.both_a, sum.low_a), sum.low_b,
                                mw_high_of(sum.both_b, sum.low_b)};
        for (int32_t i = 0; i < 4; i++, f->multiplier += f->step, f->shift += f->step) {
            const int32_t offset = (int32_t)((uint32_t)f->scale << *f->shift);
            *f->out++ = (int8_t)mw_requantize_short(acc[i], *f->multiplier, *f->shift, offset);
        }
    }
}

#endif
#endif
