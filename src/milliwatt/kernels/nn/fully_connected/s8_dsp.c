/* Fully connected layer, four outputs by four inputs a step: see isa_dsp_four.h. */
#include "fully_connected.h"

#include "fixed.h"
#include "isa_dsp_four.h"
#include "requantize_short.h"

static int32_t high(int32_t both, int32_t low)
{
    return (int32_t)((uint32_t)both - (uint32_t)low) >> 8;
}

static void clamp_row(const mw_fully_connected_params *p, int8_t *out)
{
    for (int32_t i = 0; i < p->outputs; i++) {
        out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
    }
}

/* The inputs that make no whole step; what is missing meets weights of zero. */
static void copy_rest(const mw_fully_connected_params *p, const int8_t *x, int8_t *rest)
{
    for (int32_t i = 0; i < (p->k & 3); i++) {
        rest[i] = x[(p->k & ~3) + i];
    }
}

/* One copy of the loop for both of its uses. */
static __attribute__((noinline)) const int32_t *dot(const int8_t *x, const int32_t *w,
                                                    int32_t steps, mw_four *sum)
{
    return mw_dot_four(x, w, steps, sum);
}

void mw_fully_connected_s8_dsp(const mw_fully_connected_params *p, const void *const *x,
                               const int32_t *filters, const int32_t *multiplier,
                               const int8_t *shift, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    const int32_t outputs = p->outputs, step = p->multiplier_step, zero_y = p->zero_y;
    for (int32_t r = 0; r < rows; r++) {
        _Alignas(4) int8_t rest[4] = {0, 0, 0, 0};
        const int32_t *w = filters;
        int8_t *out = y[r], *const end = out + outputs;
        copy_rest(p, x[r], rest);
        for (int32_t m = 0; out < end;) {
            mw_four sum = {w[0], w[1], w[2], w[3]};
            w += 4;
            if (p->k >= 4) {
                w = dot(x[r], w, p->k >> 2, &sum);
            }
            if (p->k & 3) {
                w = dot(rest, w, 1, &sum);
            }
            const int32_t acc[4] = {sum.low_a, high(sum.both_a, sum.low_a), sum.low_b,
                                    high(sum.both_b, sum.low_b)};
            int8_t *const stop = end - out < 4 ? end : out + 4;
            for (const int32_t *a = acc; out < stop; a++, m += step) {
                const int32_t offset = mw_short_offset(zero_y, shift[m]);
                *out++ = (int8_t)mw_requantize_short(*a, multiplier[m], shift[m], offset);
            }
        }
        if (p->low > -128 || p->high < 127) {
            clamp_row(p, y[r]);
        }
    }
}
