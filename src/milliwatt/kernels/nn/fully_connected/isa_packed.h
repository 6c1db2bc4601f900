/* Dot products with four filters at a time from packed weights: a word holds one weight of each,
 *
 *     word = (f0 + 128) + 2^8 (f1 + 128) + 2^16 (f2 + 128) + 2^24 f3
 *
 * so that word >> 8 = (f1 + 128) + 2^8 (f2 + 128) + 2^16 f3, and so on: three shifts unpack four weights.
 * What a sum has too much is 2^8 times the next one, modulo 2^32, and 128 times the sum of all inputs.
 *
 * Assembly where compilers run out of registers: 640 inputs take 2.3 instructions a product on a Cortex-M3,
 * where the C takes 3.1, and 3.9 on a Cortex-M0+, where it takes 6.2.
 */
#ifndef MW_ISA_PACKED_H
#define MW_ISA_PACKED_H

#include <stdint.h>

enum { MW_PACKED = 4 };

/* sums[i] = sum over k of x[k] * (w[k] >> 8 * i) */
#if defined(__thumb__) && !defined(__thumb2__)

/* r0 end of x, r1 w, r2 -k counting up, r3 input, r4 word, r5 product, r6 r7 r8 r9 sums */
__attribute__((naked, noinline)) static void mw_packed_four(const int8_t *x, const int32_t *w, int32_t k,
                                                            uint32_t *sums)
{
    __asm__ volatile(".syntax unified\n push {r3-r7, lr}\n mov r4, r8\n mov r5, r9\n push {r4, r5}\n"
                     "adds r0, r0, r2\n rsbs r2, r2, #0\n"
                     "movs r6, #0\n movs r7, #0\n mov r8, r6\n mov r9, r6\n"
                     "1: ldmia r1!, {r4}\n ldrsb r3, [r0, r2]\n"
                     "asrs r5, r4, #24\n muls r5, r3, r5\n add r9, r5\n"
                     "asrs r5, r4, #16\n muls r5, r3, r5\n add r8, r5\n"
                     "asrs r5, r4, #8\n muls r5, r3, r5\n adds r7, r7, r5\n"
                     "muls r4, r3, r4\n adds r6, r6, r4\n"
                     "adds r2, r2, #1\n bne 1b\n"
                     "mov r4, r8\n mov r5, r9\n ldr r3, [sp, #8]\n"
                     "str r6, [r3]\n str r7, [r3, #4]\n str r4, [r3, #8]\n str r5, [r3, #12]\n"
                     "pop {r4, r5}\n mov r8, r4\n mov r9, r5\n pop {r3-r7, pc}\n");
}

#else

static inline void mw_packed_four(const int8_t *x, const int32_t *w, int32_t k, uint32_t *sums)
{
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (const int8_t *const end = x + k; x != end;) {
        const uint32_t input = (uint32_t)*x++;
        const int32_t word = *w++;
        s0 += input * (uint32_t)word;
        s1 += input * (uint32_t)(word >> 8);
        s2 += input * (uint32_t)(word >> 16);
        s3 += input * (uint32_t)(word >> 24);
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

#endif

/* Eight filters: w[k], then w[k] of the next four. */
#if defined(__thumb2__)

/* r0 x, r1 w, r2 bytes from a word to that of the next four, r3 unpacked, r4 to r11 sums, r12 input,
 * lr word; on the stack end of x and sums. First what four leave over, then four inputs a turn. */
#define MW_PACKED_FOUR(load, s0, s1, s2, s3)                                                           \
    load "\n mla " s0 ", r12, lr, " s0 "\n asr r3, lr, #8\n mla " s1 ", r12, r3, " s1 "\n"              \
    "asr r3, lr, #16\n mla " s2 ", r12, r3, " s2 "\n asr r3, lr, #24\n mla " s3 ", r12, r3, " s3 "\n"
#define MW_PACKED_INPUT                                                                                \
    "ldrsb r12, [r0], #1\n" MW_PACKED_FOUR("ldr lr, [r1, r2]", "r8", "r9", "r10", "r11")                \
        MW_PACKED_FOUR("ldr lr, [r1], #4", "r4", "r5", "r6", "r7")

__attribute__((naked, noinline)) static void mw_packed_eight(const int8_t *x, const int32_t *w, int32_t k,
                                                             uint32_t *sums)
{
    __asm__ volatile(".syntax unified\n push {r3-r11, lr}\n add r4, r0, r2\n push {r4}\n"
                     "and r3, r2, #3\n add r3, r0, r3\n push {r3}\n lsl r2, r2, #2\n"
                     "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n"
                     "mov r8, #0\n mov r9, #0\n mov r10, #0\n mov r11, #0\n b 2f\n"
                     "1:" MW_PACKED_INPUT "2: ldr r3, [sp]\n cmp r0, r3\n bne 1b\n b 4f\n"
                     "3:" MW_PACKED_INPUT MW_PACKED_INPUT MW_PACKED_INPUT MW_PACKED_INPUT
                     "4: ldr r3, [sp, #4]\n cmp r0, r3\n bne 3b\n"
                     "ldr r3, [sp, #8]\n stmia r3, {r4-r11}\n add sp, sp, #12\n pop {r4-r11, pc}\n");
}

#elif defined(__thumb__)

static inline void mw_packed_eight(const int8_t *x, const int32_t *w, int32_t k, uint32_t *sums)
{
    mw_packed_four(x, w, k, sums);
    mw_packed_four(x, w + k, k, sums + MW_PACKED);
}

#else

/* The input is loaded once for all eight: on RISC-V there are registers enough. */
static inline void mw_packed_eight(const int8_t *x, const int32_t *w, int32_t k, uint32_t *sums)
{
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
    const int32_t *v = w + k;
    for (const int8_t *const end = x + k; x != end;) {
        const uint32_t input = (uint32_t)*x++;
        const int32_t first = *w++, second = *v++;
        s0 += input * (uint32_t)first;
        s1 += input * (uint32_t)(first >> 8);
        s2 += input * (uint32_t)(first >> 16);
        s3 += input * (uint32_t)(first >> 24);
        s4 += input * (uint32_t)second;
        s5 += input * (uint32_t)(second >> 8);
        s6 += input * (uint32_t)(second >> 16);
        s7 += input * (uint32_t)(second >> 24);
    }
    const uint32_t all[] = {s0, s1, s2, s3, s4, s5, s6, s7};
    __builtin_memcpy(sums, all, sizeof all);
}

#endif
#endif
