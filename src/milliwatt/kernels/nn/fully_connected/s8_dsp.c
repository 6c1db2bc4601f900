/* Fully connected layer, four outputs by four inputs a step. A filter word holds two taps of two
 * outputs: each half is 256 * high + low. Multiplied as it is, it adds up both outputs at once; its even
 * bytes alone add up `low`; the difference is 256 times the sum of `high`, read off exactly where that
 * sum is below 2^23. So one extraction serves four products.
 */
#include "fully_connected.h"

#include "fixed.h"
#include "isa_dsp.h"
#include "requantize_short.h"

/* Sums of four outputs: of each pair the sum of both (256 * high + low) and that of low. */
typedef struct {
    int32_t both_a, low_a, both_b, low_b;
} sums;

/* What is missing of four inputs meets weights of zero. */
static uint32_t last_inputs(const int8_t *row, int32_t bytes)
{
    uint32_t four = 0;
    for (int32_t i = 0; i < bytes; i++) {
        four |= (uint32_t)(uint8_t)row[i] << (8 * i);
    }
    return four;
}

static inline sums step(sums s, uint32_t four, const int32_t *w)
{
    const uint32_t a02 = (uint32_t)w[0], a13 = (uint32_t)w[1];
    const uint32_t b02 = (uint32_t)w[2], b13 = (uint32_t)w[3];
    const uint32_t x02 = mw_even(four), x13 = mw_odd(four);
    s.both_a = mw_mla2(a13, x13, mw_mla2(a02, x02, s.both_a));
    s.both_b = mw_mla2(b13, x13, mw_mla2(b02, x02, s.both_b));
    s.low_a = mw_mla2(mw_even(a13), x13, mw_mla2(mw_even(a02), x02, s.low_a));
    s.low_b = mw_mla2(mw_even(b13), x13, mw_mla2(mw_even(b02), x02, s.low_b));
    return s;
}

/* The sum of the high output, below 2^23 in magnitude, whatever wrapped on the way. */
static inline int32_t high(int32_t both, int32_t low)
{
    return (int32_t)((uint32_t)both - (uint32_t)low) >> 8;
}

static void clamp_row(const mw_fully_connected_params *p, int8_t *out)
{
    for (int32_t i = 0; i < p->outputs; i++) {
        out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
    }
}

static void row(const mw_fully_connected_params *p, const int8_t *x, const int32_t *w,
                const int32_t *multiplier, const int8_t *shift, int8_t *out)
{
    const int8_t *const end = x + (p->k & ~3);
    for (int32_t left = p->outputs; left > 0; left -= 4) {
        sums s = {w[0], w[1], w[2], w[3]};
        w += 4;
        for (const int8_t *in = x; in < end; in += 4, w += 4) {
            s = step(s, mw_load4(in), w);
        }
        if (p->k & 3) {
            s = step(s, last_inputs(end, p->k & 3), w);
            w += 4;
        }
        const int32_t acc[4] = {s.low_a, high(s.both_a, s.low_a), s.low_b, high(s.both_b, s.low_b)};
        for (int32_t i = 0; i < (left < 4 ? left : 4); i++) {
            const int32_t offset = mw_short_offset(p->zero_y, *shift);
            *out++ = (int8_t)mw_requantize_short(acc[i], *multiplier, *shift, offset);
            multiplier += p->multiplier_step;
            shift += p->multiplier_step;
        }
    }
}

void mw_fully_connected_s8_dsp(const mw_fully_connected_params *p, const void *const *x,
                               const int32_t *filters, const int32_t *multiplier,
                               const int8_t *shift, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        row(p, x[r], filters, multiplier, shift, y[r]);
        if (p->low > -128 || p->high < 127) {
            clamp_row(p, y[r]);
        }
    }
}
