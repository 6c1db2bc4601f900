/* A 3x3 depthwise window from int16 pairs: one word holds what a channel's upper two taps of a column
 * read, another the lower one.
 *
 * Widening a column of four channels is assembly because compilers do not store eight registers at once.
 */
#ifndef MW_ISA_DSP_3X3_H
#define MW_ISA_DSP_3X3_H

#include <stdint.h>

#include "isa_dsp.h"

/* A column of a window as one channel sees it. */
typedef struct {
    uint32_t upper; /* the first row, and above 16 bits the second */
    uint32_t lower; /* the third row, and above 16 bits nothing that counts */
} mw_column;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

static inline int32_t mw_mla_low_by_high(uint32_t a, uint32_t b, int32_t acc)
{
    return __smlabt((int32_t)a, (int32_t)b, acc);
}

/* acc + floor(a * b / 2^32) */
static inline int32_t mw_mla_high_word_down(int32_t a, int32_t b, int32_t acc)
{
    int32_t sum;
    __asm__("smmla %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
    return sum;
}

/* Four channels of `count` > 0 columns that lie `step` bytes apart in each of three rows. */
static inline void mw_widen_columns(mw_column *to, const int8_t *a, const int8_t *b,
                                    const int8_t *c, int32_t step, int32_t count)
{
    const int32_t to_b = (int32_t)((uint32_t)b - (uint32_t)a);
    const int32_t to_c = (int32_t)((uint32_t)c - (uint32_t)a);
    __asm__("1:\n\t"
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

#else

static inline int32_t mw_mla_low_by_high(uint32_t a, uint32_t b, int32_t acc)
{
    return mw_mla_low(a, b >> 16, acc);
}

static inline int32_t mw_mla_high_word_down(int32_t a, int32_t b, int32_t acc)
{
    return (int32_t)((uint32_t)acc + (uint32_t)(int32_t)(((int64_t)a * b) >> 32));
}

static inline void mw_widen_columns(mw_column *to, const int8_t *a, const int8_t *b,
                                    const int8_t *c, int32_t step, int32_t count)
{
    for (; count > 0; count--, a += step, b += step, c += step) {
        for (int32_t k = 0; k < 4; k++, to++) {
            to->upper = (uint32_t)(uint16_t)a[k] | (uint32_t)(uint16_t)b[k] << 16;
            to->lower = (uint32_t)(uint16_t)c[k];
        }
    }
}

#endif
#endif
