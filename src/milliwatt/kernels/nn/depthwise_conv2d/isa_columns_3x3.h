/* A row of depthwise convolution by 3x3 windows, a channel at a time, with its filter in registers (see
 * s8_many_3x3.c, whose heart this is).
 *
 * It is assembly on RISC-V because filter, sums and addresses are all the registers there are: 42
 * instructions an output in rows of 48 pixels, and 56 in rows of 5, where C of the same form takes 47 and 66.
 */
#ifndef MW_ISA_COLUMNS_3X3_H
#define MW_ISA_COLUMNS_3X3_H

#include <stdint.h>

#include "fixed.h"
#include "rescale.h"

/* Offsets are in bytes from the beginning of a row of inputs, or of outputs. */
typedef struct {
    const int8_t *row[3]; /* of inputs */
    int32_t at;           /* offset of the first column, of the first channel; may lie outside the image */
    int32_t step;         /* from pixel to pixel: how many channels there are */
    int32_t inside;       /* offsets below, and not below 0, are inside the image */
    int32_t zero_x;       /* what lies outside */
    int32_t zero_y;
    const int8_t *taps, *last; /* [channels, 10]: filter and shift; and their end */
    const int32_t *scales;     /* [channels, 2]: bias and multiplier */
    int8_t *out, *end;
    int32_t next_out, next_at; /* what takes the ends of a channel's row to the next channel's beginning */
    int32_t stride;            /* 1 or 2 */
} mw_columns_row;

#if defined(__riscv) && __riscv_xlen == 32

/* s0-s8 filter, s9 bias, s10 multiplier, s11 offset and ra shift of requantisation, t0-t2 rows, t3 at, t4
 * inside, t5 step, t6 end, a0 out, a1 begun, a2 ending, a3-a5 column, a6 product, a7 result. On the stack
 * the row and a zero point, which stands in for the three inputs of a column outside. */
#define MW_COLUMN                                                                                      \
    "add a3, t0, t3\n add a4, t1, t3\n add a5, t2, t3\n bltu t3, t4, 9f\n"                              \
    "addi a3, sp, 56\n mv a4, a3\n mv a5, a3\n"                                                         \
    "9: lb a3, 0(a3)\n lb a4, 0(a4)\n lb a5, 0(a5)\n add t3, t3, t5\n"
#define MW_COLUMN_BY(sum, start, top, middle, bottom)                                                  \
    "mul a6, a3, " top "\n add " sum ", " start ", a6\n mul a6, a4, " middle "\n"                       \
    "add " sum ", " sum ", a6\n mul a6, a5, " bottom "\n add " sum ", " sum ", a6\n"
#define MW_BEGIN MW_COLUMN_BY("a1", "s9", "s0", "s3", "s6")
#define MW_GO_ON MW_COLUMN_BY("a2", "a1", "s1", "s4", "s7")
#define MW_END MW_COLUMN_BY("a7", "a2", "s2", "s5", "s8")
/* As mw_rescale_high; 128 more than the result is within a byte, or its sign says which end is meant. */
#define MW_COLUMN_RESULT                                                                               \
    "slli a3, a7, 2\n mulh a3, a3, s10\n srai a7, a7, 31\n ori a7, a7, 1\n add a7, a7, s11\n"           \
    "add a7, a7, a3\n sra a7, a7, ra\n srai a3, a7, 8\n beqz a3, 9f\n srai a7, a7, 31\n not a7, a7\n"   \
    "9: addi a7, a7, -128\n sb a7, 0(a0)\n add a0, a0, t5\n"

__attribute__((naked, noinline)) static void mw_columns_3x3(mw_columns_row *row)
{
    __asm__ volatile(
        "addi sp, sp, -64\n sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n"
        "sw s3, 16(sp)\n sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n sw s7, 32(sp)\n"
        "sw s8, 36(sp)\n sw s9, 40(sp)\n sw s10, 44(sp)\n sw s11, 48(sp)\n sw a0, 52(sp)\n"
        "mv a6, a0\n lw a3, 24(a6)\n sw a3, 56(sp)\n"
        "lw t0, 0(a6)\n lw t1, 4(a6)\n lw t2, 8(a6)\n lw t3, 12(a6)\n lw t5, 16(a6)\n lw t4, 20(a6)\n"
        "lw a0, 44(a6)\n lw t6, 48(a6)\n"
        "1: lw a4, 32(a6)\n lw a5, 40(a6)\n lw a7, 28(a6)\n lw a3, 60(a6)\n"
        "lb s0, 0(a4)\n lb s1, 1(a4)\n lb s2, 2(a4)\n lb s3, 3(a4)\n lb s4, 4(a4)\n lb s5, 5(a4)\n"
        "lb s6, 6(a4)\n lb s7, 7(a4)\n lb s8, 8(a4)\n lb ra, 9(a4)\n lw s9, 0(a5)\n lw s10, 4(a5)\n"
        "addi a4, a4, 10\n addi a5, a5, 8\n sw a4, 32(a6)\n sw a5, 40(a6)\n"
        "slli a7, a7, 1\n addi a7, a7, 257\n sll s11, a7, ra\n addi ra, ra, 1\n addi a7, a3, -1\n"
        MW_COLUMN MW_BEGIN
        "bnez a7, 3f\n"
        MW_COLUMN MW_GO_ON MW_BEGIN
        "2:\n" MW_COLUMN MW_END MW_GO_ON MW_BEGIN MW_COLUMN_RESULT "bne a0, t6, 2b\n j 4f\n"
        "3:\n" MW_COLUMN MW_GO_ON MW_COLUMN MW_END MW_BEGIN MW_COLUMN_RESULT "bne a0, t6, 3b\n"
        "4: lw a6, 52(sp)\n lw a3, 52(a6)\n lw a4, 56(a6)\n lw a5, 32(a6)\n lw a7, 36(a6)\n"
        "add a0, a0, a3\n add t3, t3, a4\n addi t6, t6, 1\n bne a5, a7, 1b\n"
        "lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n"
        "lw s3, 16(sp)\n lw s4, 20(sp)\n lw s5, 24(sp)\n lw s6, 28(sp)\n lw s7, 32(sp)\n"
        "lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n lw s11, 48(sp)\n addi sp, sp, 64\n ret\n");
}

#else

/* sum + the column at `at` by one of the filter's columns */
static inline int32_t mw_column_by(const mw_columns_row *row, int32_t at, const int8_t *filter, int32_t sum)
{
    for (int32_t i = 0; i < 3; i++) {
        const int32_t x = at >= 0 && at < row->inside ? row->row[i][at] : row->zero_x;
        sum = mw_add_wrap(sum, x * filter[3 * i]);
    }
    return sum;
}

static inline void mw_columns_3x3(mw_columns_row *row)
{
    const int32_t step = row->step;
    for (; row->taps != row->last; row->taps += 10, row->scales += 2) {
        const int8_t *w = row->taps;
        const int32_t bias = row->scales[0], multiplier = row->scales[1], right = w[9];
        for (; row->out != row->end; row->out += step, row->at += row->stride * step) {
            int32_t acc = mw_column_by(row, row->at, w, bias);
            acc = mw_column_by(row, row->at + step, w + 1, acc);
            acc = mw_column_by(row, row->at + 2 * step, w + 2, acc);
            *row->out = (int8_t)mw_rescale_high(acc, multiplier, right, row->zero_y);
        }
        row->at += (3 - row->stride) * step; /* the columns of the last output but for those passed */
        row->out += row->next_out;
        row->at += row->next_at;
        row->end++;
    }
}

#endif
#endif
