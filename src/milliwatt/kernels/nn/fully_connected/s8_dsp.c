/* Fully connected layer, four outputs by four inputs a step: see isa_dsp_four.h. */
#include "fully_connected.h"

#include "fixed.h"
#include "isa_dsp_four.h"
#include "requantize_short.h"

static void clamp_row(const mw_fully_connected_params *p, int8_t *out)
{
    for (int32_t i = p->outputs; i > 0; i = mw_opaque(i - 1), out++) {
        *out = (int8_t)mw_clamp(*out, p->low, p->high);
    }
}

/* The inputs that make no whole step; what is missing meets weights of zero. */
static void copy_rest(const mw_fully_connected_params *p, const int8_t *x, int8_t *rest)
{
    for (int32_t i = p->k & ~3; i < p->k; i = mw_opaque(i + 1)) {
        *rest++ = x[i];
    }
}

/* One copy of the loop for both of its uses. */
static __attribute__((noinline)) const int32_t *dot(const int8_t *x, const int32_t *w,
                                                    int32_t steps, mw_four *sum)
{
    return mw_dot_four(x, w, steps, sum);
}

/* What is left: fewer than four outputs, or inputs that make no whole steps. */
static void others(mw_fours *f, const mw_fully_connected_params *p, const int8_t *end)
{
    _Alignas(4) int8_t rest[4] = {0, 0, 0, 0};
    copy_rest(p, f->x, rest);
    while (f->out < end) {
        mw_four sum = {f->w[0], f->w[1], f->w[2], f->w[3]};
        f->w += 4;
        if (f->steps > 0) {
            f->w = dot(f->x, f->w, f->steps, &sum);
        }
        if (p->k & 3) {
            f->w = dot(rest, f->w, 1, &sum);
        }
        const int32_t acc[4] = {sum.low_a, mw_high_of(sum.both_a, sum.low_a), sum.low_b,
                                mw_high_of(sum.both_b, sum.low_b)};
        int8_t *const stop = f->out + (end - f->out < 4 ? end - f->out : 4);
        for (const int32_t *a = acc; f->out < stop; f->multiplier += f->step, f->shift += f->step) {
            const int32_t offset = mw_short_offset(p->zero_y, *f->shift);
            *f->out++ = (int8_t)mw_requantize_short(*a++, *f->multiplier, *f->shift, offset);
        }
    }
}

void mw_fully_connected_s8_dsp(const mw_fully_connected_params *p, const void *const *x,
                               const int32_t *filters, const int32_t *multiplier,
                               const int8_t *shift, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int32_t blocks = p->k & 3 ? 0 : p->outputs >> 2;
        mw_fours f = {x[r], p->k >> 2, filters, multiplier, shift, p->multiplier_step,
                      2 * p->zero_y + 1, y[r], blocks};
        if (blocks > 0) {
            mw_all_fours(&f);
        }
        others(&f, p, (const int8_t *)y[r] + p->outputs);
        if (p->low > -128 || p->high < 127) {
            clamp_row(p, y[r]);
        }
    }
}
