/* The inner loop of the convolution that computes two pixels in one register (see conv2d_lanes.h).
 *
 * It is assembly on Arm because the sums, pointers and products together need every register, which
 * compilers do not manage: filters of 576 taps take 1.7 instructions a product on a Cortex-M3, where the C
 * takes 2.7, and 3.0 on a Cortex-M0+, where it takes 4.5. RISC-V has registers to spare and takes the C.
 */
#ifndef MW_ISA_LANES_H
#define MW_ISA_LANES_H

#include <stdint.h>

enum { MW_FILTERS = 4, MW_LANE_STEP = 4 /* taps */ };

/* Sums of one filter over pairs of taps: of p, and of p >> 16, both modulo 2^32. */
typedef struct {
    uint32_t all, upper;
} mw_lane_sum;

/* x      [4 * steps], two pixels in each word
 * w      s8 [4 * steps, 4], aligned to 4 bytes
 * sums   of four filters */
#if defined(__thumb2__)

/* r0 x, r1 w, r2 end of w, r3 2^15, r4-r7 four taps, r8 r9 and r10 r11 sums, r12 and lr products.
 * Twice over the taps, two filters each; with an odd number of steps the loop is entered halfway. */
#define MW_LANE_FILTER(tap, next, first, second, all, upper)                                           \
    "ldrsb r12, " first "\n mla r12, " tap ", r12, r3\n ldrsb lr, [r1, #" second "]\n"                  \
    "mla r12, " next ", lr, r12\n add " all ", " all ", r12\n add " upper ", " upper ", r12, asr #16\n"
#define MW_LANE_FOUR_TAPS                                                                              \
    "ldmia r0!, {r4-r7}\n" MW_LANE_FILTER("r4", "r5", "[r1], #16", "-12", "r8", "r9")                   \
        MW_LANE_FILTER("r4", "r5", "[r1, #-15]", "-11", "r10", "r11")                                   \
            MW_LANE_FILTER("r6", "r7", "[r1, #-8]", "-4", "r8", "r9")                                   \
                MW_LANE_FILTER("r6", "r7", "[r1, #-7]", "-3", "r10", "r11")

__attribute__((naked, noinline)) static void mw_lane_block(const int32_t *x, const int8_t *w,
                                                           int32_t steps, mw_lane_sum *sums)
{
    __asm__ volatile(".syntax unified\n push {r0-r11, lr}\n"
                     "add r2, r1, r2, lsl #4\n"
                     "mov r3, #0x8000\n"
                     "1: mov r8, #0\n mov r9, #0\n mov r10, #0\n mov r11, #0\n"
                     "ldr r4, [sp, #8]\n lsls r4, r4, #31\n bne 3f\n"
                     "2:\n" MW_LANE_FOUR_TAPS "3:\n" MW_LANE_FOUR_TAPS
                     "cmp r1, r2\n bne 2b\n"
                     "ldr r4, [sp, #12]\n stmia r4!, {r8-r11}\n str r4, [sp, #12]\n"
                     "ldr r0, [sp]\n ldr r1, [sp, #4]\n adds r1, r1, #2\n adds r2, r2, #2\n"
                     "str r1, [sp, #4]\n lsls r4, r1, #30\n bmi 1b\n"
                     "pop {r0-r11, pc}\n");
}

#elif defined(__thumb__)

/* r0 x, r1 and r2 w of two filters, r3 offset, r4 input, r5 r6 r7 products, r8 to r11 sums, r12 2^15,
 * lr last offset. One offset serves inputs and filters. */
#define MW_LANE_TAP                                                                                    \
    "ldr r4, [r0, r3]\n ldrsb r5, [r1, r3]\n muls r5, r4, r5\n ldrsb r6, [r2, r3]\n muls r6, r4, r6\n"  \
    "adds r3, r3, #4\n"
#define MW_LANE_NEXT_TAP                                                                               \
    "ldr r4, [r0, r3]\n ldrsb r7, [r1, r3]\n muls r7, r4, r7\n adds r5, r5, r7\n ldrsb r7, [r2, r3]\n"  \
    "muls r7, r4, r7\n adds r6, r6, r7\n adds r3, r3, #4\n"
#define MW_LANE_TWO_TAPS                                                                               \
    MW_LANE_TAP MW_LANE_NEXT_TAP                                                                        \
    "add r5, r12\n add r8, r5\n asrs r5, r5, #16\n add r9, r5\n"                                        \
    "add r6, r12\n add r10, r6\n asrs r6, r6, #16\n add r11, r6\n"

__attribute__((naked, noinline)) static void mw_lane_block(const int32_t *x, const int8_t *w,
                                                           int32_t steps, mw_lane_sum *sums)
{
    __asm__ volatile(".syntax unified\n push {r0-r7, lr}\n"
                     "mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"
                     "lsls r2, r2, #4\n mov lr, r2\n"
                     "movs r2, #0x80\n lsls r2, r2, #8\n mov r12, r2\n adds r2, r1, #1\n"
                     "1: movs r3, #0\n mov r8, r3\n mov r9, r3\n mov r10, r3\n mov r11, r3\n"
                     "2:\n" MW_LANE_TWO_TAPS MW_LANE_TWO_TAPS "cmp r3, lr\n bne 2b\n"
                     "ldr r4, [sp, #28]\n mov r3, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n"
                     "stmia r4!, {r3, r5, r6, r7}\n str r4, [sp, #28]\n"
                     "adds r1, r1, #2\n adds r2, r2, #2\n lsls r3, r1, #30\n bmi 1b\n"
                     "pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n"
                     "pop {r0-r7, pc}\n");
}

#else

static inline uint32_t mw_lane_product(const int32_t *x, const int8_t *w)
{
    return 0x8000u + (uint32_t)(x[0] * w[0]) + (uint32_t)(x[1] * w[MW_FILTERS]);
}

static inline void mw_lane_add(mw_lane_sum *sum, uint32_t p)
{
    sum->all += p;
    sum->upper += (uint32_t)((int32_t)p >> 16);
}

__attribute__((noinline)) static void mw_lane_block(const int32_t *x, const int8_t *w, int32_t steps,
                                                    mw_lane_sum *sums)
{
    mw_lane_sum s0 = {0, 0}, s1 = s0, s2 = s0, s3 = s0;
    const int32_t *const end = x + steps * MW_LANE_STEP;
    do {
        for (int32_t i = 0; i < MW_LANE_STEP; i += 2, x += 2, w += 2 * MW_FILTERS) {
            mw_lane_add(&s0, mw_lane_product(x, w));
            mw_lane_add(&s1, mw_lane_product(x, w + 1));
            mw_lane_add(&s2, mw_lane_product(x, w + 2));
            mw_lane_add(&s3, mw_lane_product(x, w + 3));
        }
    } while (x != end);
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

#endif
#endif
