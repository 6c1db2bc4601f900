/* Two Winograd tiles: transform their inputs; multiply at 16 positions, transform back, to int8.
 *
 * The functions are assembly because two tiles by two channels keep twelve registers busy with
 * operands and sums and two with pointers, which leaves none to count with: the loop over channels is
 * unrolled and entered where as many steps are left as there should be. A step of four channels takes
 * ten instructions for 16 products; the four pixels of a tile take about 70 from their sums to memory,
 * four channels of the inputs of two tiles 310. The best C found takes 105 and 455.
 */
#ifndef MW_ISA_DSP_WINOGRAD_H
#define MW_ISA_DSP_WINOGRAD_H

#include "isa_dsp.h"
#include "requantize_short.h"

enum { MW_TILES = 2, MW_POSITIONS = 16, MW_SUMS = 4 * MW_POSITIONS, MW_COLUMNS = 6 };

/* The inputs of two tiles: four rows of six pixels. The assembly knows the offsets. */
typedef struct {
    const int8_t *ends[4]; /*  0: behind the last pixel inside the image; advances by channels */
    int32_t start;         /* 16: of the first one, from there, in bytes */
    int32_t pixel_bytes;   /* 20 */
    uint32_t *last;        /* 24: where the first column inside begins in the last row of `down` */
    uint32_t *down;        /* 28: room for [row, column, word]: B' down each column */
    uint32_t *to;          /* 32: transformed, [position, step, tile, word]; advances by steps */
    int32_t steps;         /* 36: of four channels, to do; counts down */
} mw_winograd_patch;

/* The outputs of two tiles. The assembly knows the offsets. */
typedef struct {
    int8_t *out[MW_TILES][4]; /*  0: next channel of the pixels, row by row; advances */
    const uint32_t *inputs;   /* 32: transformed, [position, step, tile, word] */
    int32_t *sums;            /* 36: room for [position, tile, output] */
    int32_t steps;            /* 40: of four channels, 1 … 16 */
    int32_t channels;         /* 44: still to compute; counts down */
} mw_winograd_tiles;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_LINE(text) text "\n\t"

/* Four int8 to int16: bytes 0 and 2 stay, 1 and 3 go to `odd`. */
#define MW_WIDEN(even, odd)                                                                        \
    MW_LINE("sxtb16 " odd ", " even ", ror #8")                                                    \
    MW_LINE("sxtb16 " even ", " even)
#define MW_TWO(op, even, odd, a, b, c, d)                                                          \
    MW_LINE(op " " even ", " a ", " c) MW_LINE(op " " odd ", " b ", " d)

/* B' down a column; r0 … r3 rows, r4 where in them, r6 where to. */
#define MW_DOWN                                                                                    \
    MW_LINE("ldr r7, [r0, r4]") MW_LINE("ldr.w r9, [r2, r4]")                                      \
    MW_WIDEN("r7", "r8") MW_WIDEN("r9", "r10")                                                     \
    MW_TWO("ssub16", "r7", "r8", "r7", "r8", "r9", "r10")                                          \
    MW_LINE("strd r7, r8, [r6, #-144]")                                                            \
    MW_LINE("ldr.w r11, [r1, r4]") MW_WIDEN("r11", "r12")                                          \
    MW_TWO("sadd16", "r7", "r8", "r11", "r12", "r9", "r10")                                        \
    MW_LINE("strd r7, r8, [r6, #-96]")                                                             \
    MW_TWO("ssub16", "r9", "r10", "r9", "r10", "r11", "r12")                                       \
    MW_LINE("strd r9, r10, [r6, #-48]")                                                            \
    MW_LINE("ldr r7, [r3, r4]") MW_WIDEN("r7", "r8")                                               \
    MW_TWO("ssub16", "r11", "r12", "r11", "r12", "r7", "r8")                                       \
    MW_LINE("strd r11, r12, [r6], #8")

/* B along a row at r0, positions r2 bytes apart from r1: one tile, then the other backwards. */
#define MW_ALONG                                                                                   \
    MW_LINE("ldm r0!, {r3, r4, r5, r6, r7, r8, r9, r10}")                                          \
    MW_TWO("ssub16", "r3", "r4", "r3", "r4", "r7", "r8")                                           \
    MW_LINE("strd r3, r4, [r1]") MW_LINE("add r1, r2")                                             \
    MW_TWO("sadd16", "r11", "r12", "r5", "r6", "r7", "r8")                                         \
    MW_LINE("strd r11, r12, [r1]") MW_LINE("add r1, r2")                                           \
    MW_TWO("ssub16", "r7", "r8", "r7", "r8", "r5", "r6")                                           \
    MW_LINE("strd r7, r8, [r1]") MW_LINE("add r1, r2")                                             \
    MW_TWO("ssub16", "r5", "r6", "r5", "r6", "r9", "r10")                                          \
    MW_LINE("strd r5, r6, [r1]")                                                                   \
    MW_LINE("subs r0, #16")                                                                        \
    MW_LINE("ldm r0!, {r3, r4, r5, r6, r7, r8, r9, r10}")                                          \
    MW_TWO("ssub16", "r9", "r10", "r5", "r6", "r9", "r10")                                         \
    MW_LINE("strd r9, r10, [r1, #8]") MW_LINE("subs r1, r1, r2")                                   \
    MW_TWO("ssub16", "r9", "r10", "r7", "r8", "r5", "r6")                                          \
    MW_LINE("strd r9, r10, [r1, #8]") MW_LINE("subs r1, r1, r2")                                   \
    MW_TWO("sadd16", "r5", "r6", "r5", "r6", "r7", "r8")                                           \
    MW_LINE("strd r5, r6, [r1, #8]") MW_LINE("subs r1, r1, r2")                                    \
    MW_TWO("ssub16", "r3", "r4", "r3", "r4", "r7", "r8")                                           \
    MW_LINE("strd r3, r4, [r1, #8]")

static __attribute__((naked, noinline)) void
mw_winograd_inputs(__attribute__((unused)) mw_winograd_patch *patch)
{
    __asm__(MW_LINE("push {r0, r4-r11, lr}")                                             /* */
            "1:\n\t" MW_LINE("ldm.w r0, {r0, r1, r2, r3, r4, r5, r6}")                   /* */
            "2:\n\t" MW_DOWN MW_LINE("adds r4, r5") MW_LINE("bne 2b")                    /* */
            MW_LINE("ldr.w r12, [sp]")                                                   /* */
            MW_LINE("adds r0, #4") MW_LINE("adds r1, #4")                                /* */
            MW_LINE("adds r2, #4") MW_LINE("adds r3, #4")                                /* */
            MW_LINE("stm.w r12, {r0, r1, r2, r3}")                                       /* */
            MW_LINE("ldrd r0, r1, [r12, #28]") MW_LINE("lsls r2, r5, #2")                /* */
            MW_LINE("add.w lr, r1, #16") MW_LINE("str.w lr, [r12, #32]")                 /* */
            MW_LINE("mov.w lr, #4")                                                      /* */
            "3:\n\t" MW_ALONG MW_LINE("add.w r1, r1, r2, lsl #2")                        /* */
            MW_LINE("subs.w lr, lr, #1") MW_LINE("bne 3b")                               /* */
            MW_LINE("ldr r0, [sp]") MW_LINE("ldr r1, [r0, #36]")                         /* */
            MW_LINE("subs r1, #1") MW_LINE("str r1, [r0, #36]") MW_LINE("bne 1b")        /* */
            "pop {r0, r4-r11, pc}");
}

/* Filters of two outputs in r10 r11 and r12 lr, two tiles in r6 r7 and r8 r9, sums in r2 … r5. */
#define MW_LOAD_STEP                                                                               \
    MW_LINE("ldmia.w r0!, {r10, r11, r12, lr}")                                                    \
    MW_LINE("ldmia.w r1!, {r6, r7, r8, r9}")
#define MW_ODD_CHANNELS                                                                            \
    MW_LINE("smlad r2, r7, r11, r2") MW_LINE("smlad r3, r7, lr, r3")                               \
    MW_LINE("smlad r4, r9, r11, r4") MW_LINE("smlad r5, r9, lr, r5")
#define MW_FIRST_STEP                                                                              \
    MW_LOAD_STEP                                                                                   \
    MW_LINE("smuad r2, r6, r10") MW_LINE("smuad r3, r6, r12")                                      \
    MW_LINE("smuad r4, r8, r10") MW_LINE("smuad r5, r8, r12")                                      \
    MW_ODD_CHANNELS
#define MW_STEP                                                                                    \
    MW_LOAD_STEP                                                                                   \
    MW_LINE("smlad r2, r6, r10, r2") MW_LINE("smlad r3, r6, r12, r3")                              \
    MW_LINE("smlad r4, r8, r10, r4") MW_LINE("smlad r5, r8, r12, r5")                              \
    MW_ODD_CHANNELS
#define MW_3_STEPS MW_STEP MW_STEP MW_STEP

/* A' down one column of sums at r0 + at: `top` and `bottom`. The bias belongs to the second. */
#define MW_COLUMN(top, bottom, at, bias)                                                           \
    MW_LINE("ldr.w " top ", [r0, #" at "]")                                                        \
    MW_LINE("ldr.w r9, [r0, #64 + " at "]")                                                        \
    MW_LINE("ldr.w r10, [r0, #128 + " at "]")                                                      \
    MW_LINE("ldr.w " bottom ", [r0, #192 + " at "]")                                               \
    bias                                                                                           \
    MW_LINE("sub.w r11, r9, r10")                                                                  \
    MW_LINE("add.w r9, r9, r10")                                                                   \
    MW_LINE("add.w " top ", " top ", r9, asr #1")                                                  \
    MW_LINE("rsb.w " bottom ", " bottom ", r11, asr #1")
#define MW_BIAS MW_LINE("ldr.w lr, [r12, #12]") MW_LINE("add.w r9, r9, lr")

/* A' along a row of four, doubled: `left` and `right`. */
#define MW_ROW(left, right, a, b, c, d)                                                            \
    MW_LINE("sub.w r11, " b ", " c)                                                                \
    MW_LINE("add.w r9, " b ", " c)                                                                 \
    MW_LINE("add.w " left ", r9, " a ", lsl #1")                                                   \
    MW_LINE("sub.w " right ", r11, " d ", lsl #1")

/* To int8; multiplier r5, shift r6, offset r7. */
#define MW_REQUANTIZE(twice)                                                                       \
    MW_LINE("add.w r8, r7, " twice ", asr #31")                                                    \
    MW_LINE("smmlar " twice ", " twice ", r5, r8")                                                 \
    MW_LINE("asr.w " twice ", " twice ", r6")                                                      \
    MW_LINE("ssat " twice ", #8, " twice ", asr #1")

/* One output channel of a tile. */
#define MW_TILE(at, pixels)                                                                        \
    MW_COLUMN("r1", "r5", "0 + " at, "")                                                           \
    MW_COLUMN("r2", "r6", "16 + " at, MW_BIAS)                                                     \
    MW_COLUMN("r3", "r7", "32 + " at, "")                                                          \
    MW_COLUMN("r4", "r8", "48 + " at, "")                                                          \
    MW_ROW("r1", "r2", "r1", "r2", "r3", "r4")                                                     \
    MW_ROW("r3", "r4", "r5", "r6", "r7", "r8")                                                     \
    MW_LINE("ldm r12, {r5, r6, r7}")                                                               \
    MW_REQUANTIZE("r1") MW_REQUANTIZE("r2") MW_REQUANTIZE("r3") MW_REQUANTIZE("r4")                \
    MW_LINE("ldr lr, [sp, #12]")                                                                   \
    pixels                                                                                         \
    MW_LINE("ldm lr, {r8, r9, r10, r11}")                                                          \
    MW_LINE("strb r1, [r8], #1") MW_LINE("strb r2, [r9], #1")                                      \
    MW_LINE("strb r3, [r10], #1") MW_LINE("strb r4, [r11], #1")                                    \
    MW_LINE("stm lr, {r8, r9, r10, r11}")

/* On the stack: where to enter the unrolled loop, next and end of the sums, tiles. */
static __attribute__((naked, noinline, aligned(4))) void
mw_winograd_outputs(__attribute__((unused)) const int32_t *filters,
                    __attribute__((unused)) mw_winograd_tiles *tiles)
{
    __asm__(MW_LINE("push {r4-r11, lr}")                                                 /* */
            MW_LINE("ldrd r5, r6, [r1, #36]") MW_LINE("mov r7, r1")                      /* */
            MW_LINE("rsb.w r6, r6, #16") MW_LINE("add.w r6, r6, r6, lsl #2")             /* */
            MW_LINE("adr.w r4, 1f") MW_LINE("add.w r4, r4, r6, lsl #3")                  /* */
            MW_LINE("orr.w r4, r4, #1") MW_LINE("add.w r6, r5, #256")                    /* */
            MW_LINE("push {r4, r5, r6, r7}")                                             /* */
            "2:\n\t" MW_LINE("ldr r1, [sp, #12]") MW_LINE("ldr r1, [r1, #32]")           /* */
            "3:\n\t" MW_FIRST_STEP MW_LINE("ldr.w pc, [sp]")                             /* */
            MW_LINE(".p2align 2") "1:\n\t" MW_3_STEPS MW_3_STEPS MW_3_STEPS MW_3_STEPS   /* */
            MW_3_STEPS                                                                   /* */
            MW_LINE("ldrd r6, r7, [sp, #4]") MW_LINE("stm r6!, {r2, r3, r4, r5}")        /* */
            MW_LINE("str r6, [sp, #4]") MW_LINE("cmp r6, r7") MW_LINE("bne.w 3b")        /* */
            MW_LINE("mov r12, r0") MW_LINE("sub.w r0, r6, #256")                         /* */
            MW_LINE("str r0, [sp, #4]")                                                  /* */
            "4:\n\t" MW_TILE("0", "") MW_TILE("8", MW_LINE("add.w lr, lr, #16"))         /* */
            MW_LINE("ldr lr, [sp, #12]") MW_LINE("ldr.w r1, [lr, #44]")                  /* */
            MW_LINE("subs r1, #1") MW_LINE("str.w r1, [lr, #44]") MW_LINE("beq 5f")      /* */
            MW_LINE("add.w r12, r12, #16") MW_LINE("adds r0, #4")                        /* */
            MW_LINE("lsls r1, r0, #29") /* the second output has odd words */            /* */
            MW_LINE("bmi.w 4b") MW_LINE("mov r0, r12") MW_LINE("b.w 2b")                 /* */
            "5:\n\t" MW_LINE("add sp, #16") "pop {r4-r11, pc}");
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

/* B' down a column, or B along a row: four words or pairs of them, from and to so far apart. */
static inline void mw_spread(const uint32_t *d, int32_t from, uint32_t *to, int32_t apart)
{
    to[0] = mw_sub2(d[0], d[2 * from]);
    to[apart] = mw_add2(d[from], d[2 * from]);
    to[2 * apart] = mw_sub2(d[2 * from], d[from]);
    to[3 * apart] = mw_sub2(d[from], d[3 * from]);
}

static inline void mw_winograd_inputs(mw_winograd_patch *patch)
{
    const int32_t row = 2 * MW_COLUMNS, position = patch->pixel_bytes;
    for (; patch->steps > 0; patch->steps--, patch->to += 4) {
        uint32_t *column = patch->last - 3 * row;
        for (int32_t at = patch->start; at < 0; at += patch->pixel_bytes, column += 2) {
            uint32_t even[4], odd[4];
            for (int32_t i = 0; i < 4; i++) {
                even[i] = mw_even(mw_load4(patch->ends[i] + at));
                odd[i] = mw_odd(mw_load4(patch->ends[i] + at));
            }
            mw_spread(even, 1, column, row);
            mw_spread(odd, 1, column + 1, row);
        }
        for (int32_t i = 0; i < 4; i++) {
            patch->ends[i] += 4;
            for (int32_t t = 0; t < MW_TILES; t++) {
                const uint32_t *const from = patch->down + i * row + 4 * t;
                uint32_t *const to = patch->to + 4 * i * position + 2 * t;
                mw_spread(from, 2, to, position);
                mw_spread(from + 1, 2, to + 1, position);
            }
        }
    }
}

/* Multiply at all positions; return the end of the filters. */
static inline const int32_t *mw_multiply(const int32_t *filters, const mw_winograd_tiles *tiles)
{
    const uint32_t *x = tiles->inputs;
    int32_t *sums = tiles->sums;
    for (int32_t p = 0; p < MW_POSITIONS; p++, sums += 4) {
        for (int32_t i = 0; i < 4; i++) {
            sums[i] = 0;
        }
        for (int32_t s = 0; s < tiles->steps; s++, filters += 4, x += 4) {
            for (int32_t i = 0; i < 8; i++) {
                const int32_t tile = i / 4, output = i / 2 % 2, word = i % 2;
                int32_t *const sum = sums + 2 * tile + output;
                *sum = mw_mla2(x[2 * tile + word], (uint32_t)filters[2 * output + word], *sum);
            }
        }
    }
    return filters;
}

/* A' along four numbers a step apart, doubled: what it halves stays whole. */
static inline void mw_two_of_four(const int32_t *m, int32_t step, int32_t *to)
{
    const int32_t a = m[0], b = m[step], c = m[2 * step], d = m[3 * step];
    to[0] = b + c + 2 * a;
    to[1] = b - c - 2 * d;
}

/* Four pixels of an output channel from its sums; by multiplier, shift, offset, four times the bias. */
static inline void mw_pixels(int32_t *sums, const int32_t *by, int8_t **out)
{
    int32_t columns[4][2], pixels[4];
    sums[5 * 4] += by[3];
    for (int32_t j = 0; j < 4; j++) {
        mw_two_of_four(sums + 4 * j, 16, columns[j]);
        columns[j][0] /= 2;
        columns[j][1] /= 2;
    }
    mw_two_of_four(columns[0], 2, pixels);
    mw_two_of_four(columns[0] + 1, 2, pixels + 2);
    for (int32_t i = 0; i < 4; i++) {
        const int32_t twice = pixels[i];
        *out[i]++ = (int8_t)mw_requantize_twice(twice, twice, by[0], by[1], by[2]);
    }
}

static inline void mw_winograd_outputs(const int32_t *filters, mw_winograd_tiles *tiles)
{
    while (tiles->channels > 0) {
        filters = mw_multiply(filters, tiles);
        for (int32_t o = 0; o < 2 && tiles->channels > 0; o++, filters += 4, tiles->channels--) {
            mw_pixels(tiles->sums + o, filters, tiles->out[0]);
            mw_pixels(tiles->sums + 2 + o, filters, tiles->out[1]);
        }
    }
}

#endif
#endif
