/* The inner loops of a power spectrum with the DSP extension: real_fft.h, four numbers at a time.
 *
 * Four numbers stay in registers for the butterflies of two spans, which halves loads and stores. With
 * c, s for a root of the farther span, that of its second half is s, -c, so each four need two roots
 * only: one of either span. The first two spans have no products and are computed while samples are
 * loaded. The loops are assembly because they fill the register file to the last one: a compiler spends
 * 62 instructions on four numbers where these spend 38, and 62 where the loading spends 41.
 */
#ifndef MW_ISA_DSP_FFT_H
#define MW_ISA_DSP_FFT_H

#include "real_fft.h"

/* Pairs of samples that lie side by side, for all four that meet. The assembly knows the offsets. */
typedef struct {
    uintptr_t pairs[4]; /*  0: where pair 0 of each would be if all were in one row */
    mw_complex *z;      /* 16: the transform */
    int32_t shift;      /* 20: from an offset, its bits in reverse, to four numbers of z */
    int32_t end;        /* 24: the offset behind the last pair, in bytes */
} mw_fft_run;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#define MW_ASSEMBLY static __attribute__((naked, noinline))
#define MW_UNUSED __attribute__((unused))
#define MW_LINE(text) text "\n\t"
#define MW_ENTER MW_LINE("push {r4-r11, lr}")
#define MW_LEAVE "pop {r4-r11, pc}"

/* sum = to + (re, im) * (c, s) / 2^32 */
#define MW_TURN_ADD(sum_re, sum_im, re, im, c, s, to_re, to_im)                                    \
    MW_LINE("smmlar " sum_re ", " re ", " c ", " to_re)                                            \
    MW_LINE("smmlar " sum_im ", " im ", " c ", " to_im)                                            \
    MW_LINE("smmlsr " sum_re ", " im ", " s ", " sum_re)                                           \
    MW_LINE("smmlar " sum_im ", " re ", " s ", " sum_im)
/* a = 2 * a - y */
#define MW_MIRROR(a_re, a_im, y_re, y_im)                                                          \
    MW_LINE("rsb.w " a_re ", " y_re ", " a_re ", lsl #1")                                          \
    MW_LINE("rsb.w " a_im ", " y_im ", " a_im ", lsl #1")

/* Taper pairs from an offset to the end of the run; compute the butterflies of spans 1 and 2. */
MW_ASSEMBLY void mw_fft_load(MW_UNUSED int32_t offset, MW_UNUSED const int32_t *tapers,
                             MW_UNUSED const mw_fft_run *run)
{
    __asm__(MW_ENTER "1:\n\t"                                                                 /* */
            MW_LINE("ldrd r11, r12, [r2]")                                                    /* */
            MW_LINE("ldr r11, [r11, r0]") MW_LINE("ldr r12, [r12, r0]")                       /* */
            MW_LINE("ldm r1!, {r3, r4, r9, r10}")                                             /* */
            MW_LINE("smulwb r3, r3, r11") MW_LINE("smulwt r4, r4, r11")                       /* */
            MW_LINE("smulwb r9, r9, r12") MW_LINE("smulwt r10, r10, r12")                     /* */
            MW_LINE("ldrd r7, r8, [r2, #8]")                                                  /* */
            MW_LINE("ldr r7, [r7, r0]") MW_LINE("ldr r8, [r8, r0]")                           /* */
            MW_LINE("ldm r1!, {r5, r6, r11, r12}")                                            /* */
            MW_LINE("smulwb r5, r5, r7") MW_LINE("smulwt r6, r6, r7")                         /* */
            MW_LINE("smulwb r11, r11, r8") MW_LINE("smulwt r12, r12, r8")                     /* */
            MW_LINE("add.w r7, r3, r9") MW_LINE("add.w r8, r4, r10")   /* sum of the first two */
            MW_LINE("sub.w r9, r3, r9") MW_LINE("sub.w r10, r4, r10")  /* what is left of it */
            MW_LINE("sub.w lr, r6, r12") MW_LINE("add.w r12, r6, r12") /* the other two */
            MW_LINE("add.w r6, r5, r11") MW_LINE("sub.w r11, r5, r11") /* */
            MW_LINE("add.w r3, r7, r6") MW_LINE("add.w r4, r8, r12")                          /* */
            MW_LINE("sub.w r7, r7, r6") MW_LINE("sub.w r8, r8, r12")                          /* */
            MW_LINE("add.w r5, r9, lr") MW_LINE("sub.w r9, r9, lr")                           /* */
            MW_LINE("sub.w r6, r10, r11") MW_LINE("add.w r10, r10, r11")                      /* */
            MW_LINE("rbit r11, r0") MW_LINE("ldrd r12, lr, [r2, #16]")                        /* */
            MW_LINE("lsr.w r11, r11, lr") MW_LINE("add.w r12, r12, r11")                      /* */
            MW_LINE("stm r12, {r3-r10}")                                                      /* */
            MW_LINE("ldr r11, [r2, #24]") MW_LINE("adds r0, #4")                              /* */
            MW_LINE("cmp r0, r11") MW_LINE("bne 1b") MW_LEAVE);
}

/* Four numbers, s apart, around r0 + 12 * s: a in r3 r4, b in r5 r6, later y; c in r9 r10, d in r5 r6;
 * a + b in r7 r8, c + d in r11 r12. Roots in r1 and lr, from r2.
 */
#define MW_BUTTERFLY4(s)                                                                           \
    MW_LINE("ldrd r1, lr, [r2, #8]")                                                               \
    MW_LINE("ldrd r5, r6, [r0, #(-4 * " s ")]")                                                    \
    MW_LINE("ldrd r3, r4, [r0, #(-12 * " s ")]")                                                   \
    MW_TURN_ADD("r7", "r8", "r5", "r6", "r1", "lr", "r3", "r4")                                    \
    MW_MIRROR("r3", "r4", "r7", "r8")                                                              \
    MW_LINE("ldrd r5, r6, [r0, #(12 * " s ")]")                                                    \
    MW_LINE("ldrd r9, r10, [r0, #(4 * " s ")]")                                                    \
    MW_TURN_ADD("r11", "r12", "r5", "r6", "r1", "lr", "r9", "r10")                                 \
    MW_MIRROR("r9", "r10", "r11", "r12")                                                           \
    MW_LINE("ldrd r1, lr, [r2], #16")                                                              \
    MW_TURN_ADD("r5", "r6", "r11", "r12", "r1", "lr", "r7", "r8")                                  \
    MW_LINE("strd r5, r6, [r0, #(-12 * " s ")]")                                                   \
    MW_MIRROR("r7", "r8", "r5", "r6")                                                              \
    MW_LINE("strd r7, r8, [r0, #(4 * " s ")]")                                                     \
    MW_LINE("smmlar r5, r9, lr, r3") MW_LINE("smmlar r6, r10, lr, r4")                             \
    MW_LINE("smmlar r5, r10, r1, r5") MW_LINE("smmlsr r6, r9, r1, r6")                             \
    MW_LINE("strd r5, r6, [r0, #(-4 * " s ")]")                                                    \
    MW_MIRROR("r3", "r4", "r5", "r6")                                                              \
    MW_LINE("strd r3, r4, [r0, #(12 * " s ")]")

/* All of a span; on the stack the end of this block of four spans, and that of all blocks. */
#define MW_BUTTERFLIES(s)                                                                          \
    __asm__(MW_ENTER MW_LINE("add.w r0, r0, #(12 * " s ")") MW_LINE("add.w r1, r1, #(12 * " s ")")         \
            MW_LINE("add.w r3, r0, #(8 * " s ")") MW_LINE("push {r1, r3}")                         \
            "1:\n\t" MW_BUTTERFLY4(s) MW_LINE("adds r0, #8") MW_LINE("ldr r1, [sp, #4]")           \
            MW_LINE("cmp r0, r1") MW_LINE("bne 1b") MW_LINE("sub.w r2, r2, #(16 * " s ")")             \
            MW_LINE("add.w r0, r0, #(24 * " s ")") MW_LINE("add.w r3, r0, #(8 * " s ")")               \
            MW_LINE("ldr r1, [sp]") MW_LINE("str r3, [sp, #4]") MW_LINE("cmp r0, r1")              \
            MW_LINE("bne 1b") MW_LINE("pop {r1, r3}") MW_LEAVE)

MW_ASSEMBLY void mw_fft_span4(MW_UNUSED mw_complex *z, MW_UNUSED mw_complex *end,
                              MW_UNUSED const int32_t *roots)
{
    MW_BUTTERFLIES("4");
}

MW_ASSEMBLY void mw_fft_span16(MW_UNUSED mw_complex *z, MW_UNUSED mw_complex *end,
                               MW_UNUSED const int32_t *roots)
{
    MW_BUTTERFLIES("16");
}

MW_ASSEMBLY void mw_fft_span64(MW_UNUSED mw_complex *z, MW_UNUSED mw_complex *end,
                               MW_UNUSED const int32_t *roots)
{
    MW_BUTTERFLIES("64");
}

/* Powers of frequencies, from both ends to the middle: low and high point at mirror images. */
MW_ASSEMBLY void mw_fft_powers(MW_UNUSED void *low, MW_UNUSED void *high,
                               MW_UNUSED const int32_t *split)
{
    __asm__(MW_ENTER "1:\n\t"                                                                 /* */
            MW_LINE("ldrd r3, r4, [r0]") MW_LINE("ldrd r5, r6, [r1]")                         /* */
            MW_LINE("ldrd r7, r8, [r2], #8")                                                  /* */
            MW_LINE("add.w r9, r3, r5") MW_LINE("sub.w r10, r4, r6")   /* even */
            MW_LINE("add.w r4, r4, r6") MW_LINE("sub.w r3, r5, r3")    /* odd */
            MW_LINE("asr.w r5, r9, #8") MW_LINE("asr.w r6, r10, #8")                          /* */
            MW_TURN_ADD("r5", "r6", "r4", "r3", "r7", "r8", "r5", "r6")                       /* */
            MW_LINE("rsb.w r9, r5, r9, asr #7") MW_LINE("rsb.w r10, r6, r10, asr #7")         /* */
            MW_LINE("smull r3, r4, r5, r5") MW_LINE("smlal r3, r4, r6, r6")                   /* */
            MW_LINE("smull r7, r8, r9, r9") MW_LINE("smlal r7, r8, r10, r10")                 /* */
            MW_LINE("strd r3, r4, [r0], #8") MW_LINE("strd r7, r8, [r1], #-8")                /* */
            MW_LINE("cmp r0, r1") MW_LINE("bne 1b") MW_LEAVE);
}

#else

static inline mw_complex mw_fft_taper(uintptr_t pairs, int32_t offset, const int32_t *tapers)
{
    const int16_t *pair = (const int16_t *)(pairs + (uintptr_t)offset);
    return (mw_complex){mw_tapered(pair[0], tapers[0]), mw_tapered(pair[1], tapers[1])};
}

static inline void mw_fft_load(int32_t offset, const int32_t *tapers, const mw_fft_run *run)
{
    for (; offset != run->end; offset += 4, tapers += 8) {
        const int32_t bytes = mw_reversed(offset, 1 << 30) << 2 >> run->shift;
        mw_complex *z = run->z + bytes / 8;
        for (int32_t i = 0; i < 4; i++) {
            z[i] = mw_fft_taper(run->pairs[i], offset, tapers + 2 * i);
        }
        mw_fft_exact(z, 4);
    }
}

/* Spans s and 2 * s; roots are those of the farther one and of the nearer one in turn. */
static inline void mw_fft_two_spans(mw_complex *z, mw_complex *end, const int32_t *roots, int32_t s)
{
    for (; z != end; z += 4 * s) {
        for (int32_t i = 0; i < s; i++) {
            const int32_t *far = roots + 4 * i, *near = far + 2, turned[2] = {far[1], -far[0]};
            mw_fft_butterfly(z + i, s, near);
            mw_fft_butterfly(z + i + 2 * s, s, near);
            mw_fft_butterfly(z + i, 2 * s, far);
            mw_fft_butterfly(z + i + s, 2 * s, turned);
        }
    }
}

static inline void mw_fft_span4(mw_complex *z, mw_complex *end, const int32_t *roots)
{
    mw_fft_two_spans(z, end, roots, 4);
}

static inline void mw_fft_span16(mw_complex *z, mw_complex *end, const int32_t *roots)
{
    mw_fft_two_spans(z, end, roots, 16);
}

static inline void mw_fft_span64(mw_complex *z, mw_complex *end, const int32_t *roots)
{
    mw_fft_two_spans(z, end, roots, 64);
}

static inline void mw_fft_powers(void *low, void *high, const int32_t *split)
{
    int64_t *up = low, *down = high;
    for (; up != down; up++, down--, split += 2) {
        mw_power_pair(up, down, split);
    }
}

#endif
#endif
