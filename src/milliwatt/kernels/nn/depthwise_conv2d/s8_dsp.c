/* Depthwise convolution, four channels and two taps at a time: see groups.py for how weights lie. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_taps.h"
#include "fixed.h"
#include "isa_dsp.h"
#include "memory.h"
#include "requantize_short.h"

/* What of the constants belongs to four channels, and where their taps read. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias, *multiplier;
    const int8_t *shift;
} group;

/* The lower halves of a and b, and the upper halves. */
static inline uint32_t low_halves(uint32_t a, uint32_t b) { return (a & 0xFFFFu) | b << 16; }
static inline uint32_t high_halves(uint32_t a, uint32_t b) { return a >> 16 | (b & 0xFFFF0000u); }

/* Channels `at` to at + 3 of one output pixel, whose taps are an even number. */
static inline void four_channels(const group *g, const int8_t *const *tap, int32_t taps, int32_t at,
                                 int32_t zero_y, int8_t *out)
{
    const int8_t *w = g->weights;
    int32_t acc[4] = {g->bias[0], g->bias[1], g->bias[2], g->bias[3]};
    for (const int8_t *const *end = tap + taps; tap < end; tap += 2, w += 8) {
        const uint32_t a = mw_load4(tap[0] + at), b = mw_load4(tap[1] + at);
        const uint32_t x01 = low_halves(a, b), x23 = high_halves(a, b);
        const uint32_t w01 = mw_load4(w), w23 = mw_load4(w + 4);
        acc[0] = mw_mla2(mw_even(x01), mw_even(w01), acc[0]);
        acc[1] = mw_mla2(mw_odd(x01), mw_odd(w01), acc[1]);
        acc[2] = mw_mla2(mw_even(x23), mw_even(w23), acc[2]);
        acc[3] = mw_mla2(mw_odd(x23), mw_odd(w23), acc[3]);
    }
    for (int32_t k = 0; k < 4; k++) {
        const int32_t offset = mw_short_offset(zero_y, g->shift[k]);
        out[at + k] = (int8_t)mw_requantize_short(acc[k], g->multiplier[k], g->shift[k], offset);
    }
}

/* The last four channels may overlap those before and compute them again, to the same value. */
static void pixel(const mw_depthwise_conv2d_params *p, group g, const int8_t *const *tap,
                  int32_t taps, int8_t *out)
{
    for (int32_t c = 0; c < p->c; c += 4) {
        four_channels(&g, tap, taps, c <= p->c - 4 ? c : p->c - 4, p->zero_y, out);
        g.weights += 4 * taps;
        g.bias += 4;
        g.multiplier += 4;
        g.shift += 4;
    }
}

static void clamp_row(const mw_depthwise_conv2d_params *p, int8_t *out)
{
    for (int32_t i = 0; i < p->ow * p->c; i++) {
        out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
    }
}

void mw_depthwise_conv2d_s8_dsp(const mw_depthwise_conv2d_params *p, const void *const *x,
                                const int8_t *weights, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, void *const *y,
                                int32_t rows, void *scratch)
{
    const int32_t taps = p->kh * p->kw, even = (taps + 1) & ~1;
    const group g = {weights, bias, multiplier, shift};
    const int8_t **tap = scratch;
    int8_t *outside = (int8_t *)(tap + even);
    mw_fill_s8(outside, (int8_t)p->zero_x, p->c);
    tap[even - 1] = outside; /* one too many, with weights of zero, unless it is set below */
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++, out += p->c) {
            mw_find_taps(p, x + r * p->stride_h, j * p->stride_w - p->pad_left, outside, tap);
            pixel(p, g, tap, even, out);
        }
        if (p->low > -128 || p->high < 127) {
            clamp_row(p, y[r]);
        }
    }
}
