/* Softmax in plain C: each exponential is computed once and kept in scratch. */
#include "softmax.h"

#include "fixed.h"
#include "fixed_exp.h"

enum {
    SUM_BITS = 12,                /* integer bits of the sum */
    QUOTIENT_SHIFT = 31 - 8       /* from no integer bits to steps of 1/256 */
};

static int32_t largest(const int8_t *x, int32_t count)
{
    int32_t best = x[0];
    for (int32_t i = 1; i < count; i = mw_opaque(i + 1)) {
        best = x[i] > best ? x[i] : best;
    }
    return best;
}

/* Write exp(x - max x) with no integer bits, and return their sum with twelve. */
static int32_t exponentials(const mw_softmax_params *p, const int8_t *x, int32_t *exps)
{
    const int32_t best = largest(x, p->depth);
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i = mw_opaque(i + 1)) {
        const int32_t difference = x[i] - best;
        exps[i] = 0;
        if (difference >= p->lowest) {
            const int32_t shifted = difference * (1 << p->shift);
            exps[i] = mw_exp_of_negative(mw_doubling_high_mul(shifted, p->multiplier));
        }
        sum += mw_rounding_shift_right(exps[i], SUM_BITS);
    }
    return sum;
}

static void softmax(const mw_softmax_params *p, const int8_t *x, int8_t *y, int32_t *exps)
{
    int32_t bits;
    const int32_t inverse = mw_reciprocal(exponentials(p, x, exps), SUM_BITS, &bits);
    const int32_t shift = bits + QUOTIENT_SHIFT;
    for (int32_t i = 0; i < p->depth; i = mw_opaque(i + 1)) {
        /* a sum of 512 or more leaves less than half a step of any element */
        const int32_t quotient =
            shift > 31 ? 0 : mw_rounding_shift_right(mw_doubling_high_mul(inverse, exps[i]), shift);
        y[i] = (int8_t)mw_clamp(quotient + INT8_MIN, INT8_MIN, INT8_MAX);
    }
}

void mw_softmax_s8_scalar(const mw_softmax_params *p, const void *const *x, void *const *y,
                          int32_t rows, void *scratch)
{
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *from = x[r];
        int8_t *to = y[r];
        for (int32_t i = 0; i < p->count; i++, from += p->depth, to += p->depth) {
            softmax(p, from, to, scratch);
        }
    }
}
