/* Convolution, up to three pixels by two output channels at a time: see isa_dsp_pairs.h. */
#include "conv2d.h"

#include "conv2d_gather.h"
#include "fixed.h"
#include "isa_dsp_pairs.h"

enum { MOST = 3 }; /* pixels of a block */

/* Where a pixel's input comes from. */
typedef struct {
    const void *const *rows;
    int32_t left; /* column of the window */
} place;

/* Steps of four inputs from `from`, widened: each step's words {0, 2} of all pixels, then {1, 3}. */
static uint32_t *widen(uint32_t *to, const int8_t *from, int32_t bytes, int32_t pixels)
{
    for (; bytes >= 4; bytes -= 4, from += 4, to += 2 * pixels) {
        const uint32_t four = mw_load4(from);
        to[0] = mw_even(four);
        to[pixels] = mw_odd(four);
    }
    if (bytes > 0) {
        uint32_t four = 0; /* what is missing meets weights of zero */
        for (int32_t i = 0; i < bytes; i++) {
            four |= (uint32_t)(uint8_t)from[i] << (8 * i);
        }
        to[0] = mw_even(four);
        to[pixels] = mw_odd(four);
        to += 2 * pixels;
    }
    return to;
}

static uint32_t *widen_3(uint32_t *to, const int8_t *a, const int8_t *b, const int8_t *c,
                         int32_t words)
{
    for (; words > 0; words--, a += 4, b += 4, c += 4, to += 6) {
        const uint32_t four_a = mw_load4(a), four_b = mw_load4(b), four_c = mw_load4(c);
        to[0] = mw_even(four_a);
        to[1] = mw_even(four_b);
        to[2] = mw_even(four_c);
        to[3] = mw_odd(four_a);
        to[4] = mw_odd(four_b);
        to[5] = mw_odd(four_c);
    }
    return to;
}

/* Whether the window lies inside the rows and each of them is one run of bytes. */
static int inside(const mw_conv2d_params *p, const place *at)
{
    return (p->dilation_w == 1 || p->kw == 1) && at->left >= 0 && at->left + p->kw <= p->w;
}

/* Lay out the inputs of a block of pixels; `room` is for one that has to be gathered. */
static void fetch(const mw_conv2d_params *p, const place *at, int32_t pixels, uint32_t *to,
                  int8_t *room)
{
    const int32_t bytes = p->kw * p->c;
    const int in_words = bytes % 4 == 0;
    if (pixels == 3 && in_words && inside(p, at) && inside(p, at + 1) && inside(p, at + 2)) {
        for (int32_t i = 0; i < p->kh; i++) {
            const int32_t row = i * p->dilation_h;
            to = widen_3(to, (const int8_t *)at[0].rows[row] + at[0].left * p->c,
                         (const int8_t *)at[1].rows[row] + at[1].left * p->c,
                         (const int8_t *)at[2].rows[row] + at[2].left * p->c, bytes / 4);
        }
        return;
    }
    for (int32_t k = 0; k < pixels; k++) {
        uint32_t *next = to + k;
        if (inside(p, at + k) && (in_words || p->kh == 1)) {
            for (int32_t i = 0; i < p->kh; i++) {
                const int8_t *row = at[k].rows[i * p->dilation_h];
                next = widen(next, row + at[k].left * p->c, bytes, pixels);
            }
        } else {
            mw_gather(p, at[k].rows, at[k].left, room);
            widen(next, room, p->kh * bytes, pixels);
        }
    }
}

/* For activations that clamp within int8; requantisation has clamped to all of it. */
static void clamp_row(const mw_conv2d_params *p, int8_t *out)
{
    for (int32_t i = 0; i < p->ow * p->c_out; i++) {
        out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
    }
}

void mw_conv2d_s8_dsp_pairs(const mw_conv2d_params *p, const void *const *x, const int32_t *filters,
                            void *const *y, int32_t rows, void *scratch)
{
    const int32_t steps = (p->kh * p->kw * p->c + 3) / 4;
    uint32_t *const wide = scratch;
    int8_t *const room = (int8_t *)(wide + 2 * MOST * steps);
    int32_t r = 0, j = 0;
    for (int32_t left = rows * p->ow; left > 0;) {
        const int32_t pixels = left < MOST ? left : MOST;
        mw_block block = {.x = wide, .scale = 2 * p->zero_y + 1, .channels = p->c_out, .steps = steps};
        place at[MOST];
        for (int32_t i = 0; i < pixels; i++) {
            at[i].rows = x + r * p->stride_h;
            at[i].left = j * p->stride_w - p->pad_left;
            block.out[i] = (int8_t *)y[r] + j * p->c_out;
            if (++j == p->ow) {
                j = 0;
                r++;
            }
        }
        fetch(p, at, pixels, wide, room);
        mw_set_steps(&block, pixels);
        (pixels == 3 ? mw_pairs_3 : pixels == 2 ? mw_pairs_2 : mw_pairs_1)(filters, &block);
        left -= pixels;
    }
    if (p->low > -128 || p->high < 127) {
        for (r = 0; r < rows; r++) {
            clamp_row(p, y[r]);
        }
    }
}
