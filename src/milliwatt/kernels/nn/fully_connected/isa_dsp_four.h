/* Four outputs of a fully connected layer from int8 weights, of which only every other is unpacked.
 *
 * A filter word holds two taps of two outputs, `high` and `low`: each half is 256 * high + low.
 * Multiplied as it is, it adds up both outputs at once; its even bytes alone add up `low`; the difference
 * of the sums is 256 times that of `high`, read off exactly where that is below 2^23, whatever wrapped.
 *
 * A step is four inputs. The loop is assembly because compilers spill its thirteen registers: 17
 * instructions for 16 products where they need 28.
 */
#ifndef MW_ISA_DSP_FOUR_H
#define MW_ISA_DSP_FOUR_H

#include <stdint.h>

#include "isa_dsp.h"

/* Of two pairs of outputs the sums of both, 256 * high + low, and of low. */
typedef struct {
    int32_t both_a, low_a, both_b, low_b;
} mw_four;

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

#endif
#endif
