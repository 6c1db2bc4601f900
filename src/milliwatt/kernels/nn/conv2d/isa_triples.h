/* Four pixels by all filters, four of them at a time (see s8_many.c, whose heart this is).
 *
 * It is assembly on RISC-V because 16 sums, five words of inputs and what a product passes through are all
 * the registers there are: filters of 576 taps take 2.1 instructions a product, results included, where C in
 * the same blocks takes 2.9.
 */
#ifndef MW_ISA_TRIPLES_H
#define MW_ISA_TRIPLES_H

#include <stdint.h>

#include "rescale.h"

enum { MW_FILTERS = 4, MW_TRIPLE = 3 /* taps */, MW_PAIRS = 2 /* of pixels */ };

/* Four pixels; what comes after `end` changes from one block of filters to the next. */
typedef struct {
    const int32_t *x, *end; /* [steps, MW_TRIPLE, MW_PAIRS], two pixels in each word */
    const int8_t *weights;  /* [blocks, steps, MW_TRIPLE, MW_FILTERS] */
    const int32_t *scales;  /* [c_out, 2]: bias and multiplier */
    const int8_t *shift;    /* [c_out] */
    int32_t zero;
    uint32_t halves; /* 2^15 for each step */
    int32_t left;    /* filters */
    int8_t *y[2 * MW_PAIRS];
} mw_triple_job;

/* Sums of one filter and two pixels over all triples: of p, and of p >> 16, both modulo 2^32. */
typedef struct {
    uint32_t all, upper;
} mw_triple_sum;

#if defined(__riscv) && __riscv_xlen == 32

/* a0 x, a1 weights, t0 2^15, t1 t2 t3 t4 t5 five of the six inputs (no register is left for the sixth), a2 a3
 * products of the two pairs, a4 weight, a5 product; all others are sums, each `all` and its `upper`. On
 * the stack the job and the end of x. */
#define MW_TRIPLE_FILTER(first, second, third, all_a, upper_a, all_b, upper_b)                         \
    "lb a3, " first "(a1)\n mul a2, t1, a3\n mul a3, t2, a3\n add a2, a2, t0\n add a3, a3, t0\n"        \
    "lb a4, " second "(a1)\n mul a5, t3, a4\n add a2, a2, a5\n mul a4, t4, a4\n add a3, a3, a4\n"       \
    "lb a4, " third "(a1)\n mul a5, t5, a4\n add a2, a2, a5\n lw a5, 20(a0)\n mul a4, a5, a4\n"         \
    "add a3, a3, a4\n add " all_a ", " all_a ", a2\n srai a2, a2, 16\n"                                 \
    "add " upper_a ", " upper_a ", a2\n add " all_b ", " all_b ", a3\n srai a3, a3, 16\n"               \
    "add " upper_b ", " upper_b ", a3\n"
/* Then a0 scales, t0 shift, t1 t2 t3 t4 y, t5 2 zero + 257, a2 a3 a4 offset, multiplier and shift of
 * mw_rescale_high: 128 more than the result is within a byte, or its sign says which end is meant. */
#define MW_TRIPLE_RESULT(sum, y)                                                                       \
    "slli a5, " sum ", 2\n mulh a5, a5, a3\n srai " sum ", " sum ", 31\n ori " sum ", " sum ", 1\n"     \
    "add " sum ", " sum ", a2\n add " sum ", " sum ", a5\n sra " sum ", " sum ", a4\n"                  \
    "srai a5, " sum ", 8\n beqz a5, 9f\n srai " sum ", " sum ", 31\n not " sum ", " sum "\n"            \
    "9: addi " sum ", " sum ", -128\n sb " sum ", " y "\n"
#define MW_TRIPLE_SPLIT(all, upper)                                                                    \
    "slli a2, " upper ", 16\n sub " all ", " all ", a2\n add " all ", " all ", a5\n"                    \
    "add " upper ", " upper ", a5\n"
#define MW_TRIPLE_RESULTS(i, bias, multiplier, all_a, upper_a, all_b, upper_b)                         \
    "lw a5, " bias "(a0)\n lw a3, " multiplier "(a0)\n lb a4, " i "(t0)\n"                              \
    MW_TRIPLE_SPLIT(all_a, upper_a) MW_TRIPLE_SPLIT(all_b, upper_b)                                     \
    "sll a2, t5, a4\n addi a4, a4, 1\n"                                                                 \
    MW_TRIPLE_RESULT(all_a, i "(t1)") MW_TRIPLE_RESULT(upper_a, i "(t2)")                               \
    MW_TRIPLE_RESULT(all_b, i "(t3)") MW_TRIPLE_RESULT(upper_b, i "(t4)")

__attribute__((naked, noinline)) static void mw_triple_four(mw_triple_job *job)
{
    __asm__ volatile(
        "addi sp, sp, -64\n sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n"
        "sw s3, 16(sp)\n sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n sw s7, 32(sp)\n"
        "sw s8, 36(sp)\n sw s9, 40(sp)\n sw s10, 44(sp)\n sw s11, 48(sp)\n sw a0, 52(sp)\n"
        "mv a5, a0\n lw a4, 4(a5)\n sw a4, 56(sp)\n lw a1, 8(a5)\n"
        "1: lw a0, 0(a5)\n lw s0, 24(a5)\n neg s0, s0\n lui t0, 8\n"
        "mv s2, s0\n mv s4, s0\n mv s6, s0\n mv s8, s0\n mv s10, s0\n mv t6, s0\n mv a7, s0\n"
        "li s1, 0\n li s3, 0\n li s5, 0\n li s7, 0\n li s9, 0\n li s11, 0\n li a6, 0\n li ra, 0\n"
        "2: lw t1, 0(a0)\n lw t2, 4(a0)\n lw t3, 8(a0)\n lw t4, 12(a0)\n lw t5, 16(a0)\n"
        MW_TRIPLE_FILTER("0", "4", "8", "s0", "s1", "s2", "s3")
        MW_TRIPLE_FILTER("1", "5", "9", "s4", "s5", "s6", "s7")
        MW_TRIPLE_FILTER("2", "6", "10", "s8", "s9", "s10", "s11")
        MW_TRIPLE_FILTER("3", "7", "11", "t6", "a6", "a7", "ra")
        "addi a0, a0, 24\n addi a1, a1, 12\n lw a5, 56(sp)\n bne a0, a5, 2b\n"
        "lw a5, 52(sp)\n lw a0, 12(a5)\n lw t0, 16(a5)\n lw t5, 20(a5)\n slli t5, t5, 1\n"
        "addi t5, t5, 257\n lw t1, 32(a5)\n lw t2, 36(a5)\n lw t3, 40(a5)\n lw t4, 44(a5)\n"
        "lw a5, 28(a5)\n li a4, 4\n bge a5, a4, 3f\n" /* the last block may have fewer */
        "li a4, 2\n blt a5, a4, 6f\n beq a5, a4, 5f\n j 4f\n"
        "3:\n" MW_TRIPLE_RESULTS("3", "24", "28", "t6", "a6", "a7", "ra")
        "4:\n" MW_TRIPLE_RESULTS("2", "16", "20", "s8", "s9", "s10", "s11")
        "5:\n" MW_TRIPLE_RESULTS("1", "8", "12", "s4", "s5", "s6", "s7")
        "6:\n" MW_TRIPLE_RESULTS("0", "0", "4", "s0", "s1", "s2", "s3")
        "lw a5, 52(sp)\n lw a4, 28(a5)\n addi a4, a4, -4\n blez a4, 7f\n sw a4, 28(a5)\n"
        "addi a0, a0, 32\n addi t0, t0, 4\n sw a0, 12(a5)\n sw t0, 16(a5)\n"
        "addi t1, t1, 4\n addi t2, t2, 4\n addi t3, t3, 4\n addi t4, t4, 4\n"
        "sw t1, 32(a5)\n sw t2, 36(a5)\n sw t3, 40(a5)\n sw t4, 44(a5)\n j 1b\n"
        "7: lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n"
        "lw s3, 16(sp)\n lw s4, 20(sp)\n lw s5, 24(sp)\n lw s6, 28(sp)\n lw s7, 32(sp)\n"
        "lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n lw s11, 48(sp)\n addi sp, sp, 64\n ret\n");
}

#else

/* One filter, from its first weight, by one pair of pixels, from its first word. */
static inline mw_triple_sum mw_triple_dot(const mw_triple_job *job, const int32_t *x, const int8_t *w)
{
    mw_triple_sum sum = {0u - job->halves, 0};
    const int32_t *const end = x + (job->end - job->x);
    while (x != end) {
        uint32_t p = 0x8000u;
        for (int32_t i = 0; i < MW_TRIPLE; i++, x += MW_PAIRS, w += MW_FILTERS) {
            p += (uint32_t)*x * (uint32_t)*w;
        }
        sum.all += p;
        sum.upper += (uint32_t)((int32_t)p >> 16);
    }
    return sum;
}

static inline void mw_triple_four(mw_triple_job *job)
{
    for (int32_t o = 0; o < job->left; o++) {
        const int32_t *scale = job->scales + 2 * o;
        const int8_t *w = job->weights + o / MW_FILTERS * 2 * (job->end - job->x) + o % MW_FILTERS;
        for (int32_t k = 0; k < MW_PAIRS; k++) {
            const mw_triple_sum sum = mw_triple_dot(job, job->x + k, w);
            const int32_t a = (int32_t)((uint32_t)scale[0] + sum.all - (sum.upper << 16));
            const int32_t b = (int32_t)((uint32_t)scale[0] + sum.upper);
            job->y[2 * k][o] = (int8_t)mw_rescale_high(a, scale[1], job->shift[o], job->zero);
            job->y[2 * k + 1][o] = (int8_t)mw_rescale_high(b, scale[1], job->shift[o], job->zero);
        }
    }
}

#endif
#endif
