/* The dot products of a Winograd block: two tiles by two output channels at 16 positions.
 *
 * The function is assembly because twelve registers of operands and sums and two pointers leave none to
 * count with: the loop over channels is unrolled and entered where as many steps are left as there
 * should be, and the sums of a position go to memory as one instruction. A step of four channels takes
 * ten instructions for 16 products.
 */
#ifndef MW_ISA_DSP_WINOGRAD_H
#define MW_ISA_DSP_WINOGRAD_H

#include "isa_dsp.h"

enum { MW_WINOGRAD_STEPS = 16, MW_POSITIONS = 16 };

/* What the dot products read and write. The assembly knows the offsets. */
typedef struct {
    const uint32_t *tiles; /*  0: [position, step, tile, word] */
    int32_t *sums;         /*  4: [position, tile, output] */
    int32_t *end;          /*  8: of the sums */
    int32_t steps;         /* 12: of four channels, up to MW_WINOGRAD_STEPS */
} mw_winograd_block;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

static inline uint32_t mw_add2(uint32_t a, uint32_t b)
{
    return (uint32_t)__sadd16((int16x2_t)a, (int16x2_t)b);
}
static inline uint32_t mw_sub2(uint32_t a, uint32_t b)
{
    return (uint32_t)__ssub16((int16x2_t)a, (int16x2_t)b);
}

#define MW_LINE(text) text "\n\t"

/* Filters of two outputs in r10 r11 and r12 lr, two tiles in r6 r7 and r8 r9, sums in r2 … r5. */
#define MW_WINOGRAD_LOAD                                                                           \
    MW_LINE("ldmia.w r0!, {r10, r11, r12, lr}")                                                    \
    MW_LINE("ldmia.w r1!, {r6, r7, r8, r9}")
#define MW_WINOGRAD_ODD                                                                            \
    MW_LINE("smlad r2, r7, r11, r2") MW_LINE("smlad r3, r7, lr, r3")                               \
    MW_LINE("smlad r4, r9, r11, r4") MW_LINE("smlad r5, r9, lr, r5")
#define MW_WINOGRAD_FIRST                                                                          \
    MW_WINOGRAD_LOAD                                                                               \
    MW_LINE("smuad r2, r6, r10") MW_LINE("smuad r3, r6, r12")                                      \
    MW_LINE("smuad r4, r8, r10") MW_LINE("smuad r5, r8, r12")                                      \
    MW_WINOGRAD_ODD
#define MW_WINOGRAD_STEP                                                                           \
    MW_WINOGRAD_LOAD                                                                               \
    MW_LINE("smlad r2, r6, r10, r2") MW_LINE("smlad r3, r6, r12, r3")                              \
    MW_LINE("smlad r4, r8, r10, r4") MW_LINE("smlad r5, r8, r12, r5")                              \
    MW_WINOGRAD_ODD
#define MW_WINOGRAD_3_STEPS MW_WINOGRAD_STEP MW_WINOGRAD_STEP MW_WINOGRAD_STEP

/* Return the end of the filters. */
static __attribute__((naked, noinline, aligned(4))) const int32_t *
mw_winograd_dots(__attribute__((unused)) const int32_t *filters,
                 __attribute__((unused)) const mw_winograd_block *block)
{
    __asm__(MW_LINE("push {r4-r11, lr}")
            MW_LINE("ldm r1, {r4, r5, r6, r7}")
            MW_LINE("mov r1, r4")
            MW_LINE("rsb r7, r7, #16")         /* steps to skip, of 40 bytes */
            MW_LINE("add r7, r7, r7, lsl #2")
            MW_LINE("adr.w r4, 1f")
            MW_LINE("add r4, r4, r7, lsl #3")
            MW_LINE("orr r4, r4, #1")
            MW_LINE("push {r4, r5, r6}")
            "2:\n\t"
            MW_WINOGRAD_FIRST
            MW_LINE("ldr.w pc, [sp]")
            MW_LINE(".p2align 2")
            "1:\n\t"
            MW_WINOGRAD_3_STEPS MW_WINOGRAD_3_STEPS MW_WINOGRAD_3_STEPS MW_WINOGRAD_3_STEPS
            MW_WINOGRAD_3_STEPS
            MW_LINE("ldrd r6, r7, [sp, #4]")
            MW_LINE("stm r6!, {r2, r3, r4, r5}")
            MW_LINE("str r6, [sp, #4]")
            MW_LINE("cmp r6, r7")
            MW_LINE("bne.w 2b")
            MW_LINE("add sp, #12")
            "pop {r4-r11, pc}");
}

#else

/* Sums and differences of both halves, each on its own. */
static inline uint32_t mw_add2(uint32_t a, uint32_t b)
{
    return ((a + b) & 0xFFFFu) | ((a & 0xFFFF0000u) + (b & 0xFFFF0000u));
}
static inline uint32_t mw_sub2(uint32_t a, uint32_t b)
{
    return ((a - b) & 0xFFFFu) | ((a & 0xFFFF0000u) - (b & 0xFFFF0000u));
}

static inline const int32_t *mw_winograd_dots(const int32_t *filters, const mw_winograd_block *block)
{
    const uint32_t *tiles = block->tiles;
    for (int32_t *sums = block->sums; sums != block->end; sums += 4) {
        for (int32_t i = 0; i < 4; i++) {
            sums[i] = 0;
        }
        for (int32_t s = 0; s < block->steps; s++, filters += 4, tiles += 4) {
            for (int32_t i = 0; i < 8; i++) {
                const int32_t tile = i / 4, output = i / 2 % 2, word = i % 2;
                int32_t *const sum = sums + 2 * tile + output;
                *sum = mw_mla2(tiles[2 * tile + word], (uint32_t)filters[2 * output + word], *sum);
            }
        }
    }
    return filters;
}

#endif
#endif
