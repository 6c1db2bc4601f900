/* Convolution, up to three pixels by two output channels at a time: see isa_dsp_pairs.h. */
#include "conv2d.h"

#include "fixed.h"
#include "isa_dsp_pairs.h"

#define NOT_INLINED __attribute__((noinline))

enum { MOST = 3 }; /* pixels of a block */

/* What of a window's row is taken in whole words, and where the rest and border pixels are put. */
typedef struct {
    const mw_conv2d_params *p;
    int32_t words, rest; /* bytes = 4 * words + rest */
    int32_t bytes;
    int32_t steps;   /* words of a pixel's window, the rests of all rows taken together */
    uint32_t *wide;  /* three pixels, widened */
    int8_t *rests;   /* three pixels' */
    int8_t *room;    /* a window that leaves the image */
} layer;

/* The rows that a pixel's window begins in, and at which of their bytes. No rows: it is in the room. */
typedef struct {
    const void *const *rows;
    int32_t offset;
} place;

static const int8_t *row_of(const layer *l, const place *at, int32_t i)
{
    return at->rows ? (const int8_t *)at->rows[i * l->p->dilation_h] + at->offset
                    : l->room + i * l->bytes;
}

/* Copy `bytes` by words; the last overlaps the one before where they are no multiple of four. */
static void copy(int8_t *to, const int8_t *from, int32_t bytes)
{
    int32_t k = 0;
    for (; k < bytes - 4; k = mw_opaque(k + 4)) {
        mw_store4(to + k, mw_load4(from + k));
    }
    if (bytes >= 4) {
        mw_store4(to + bytes - 4, mw_load4(from + bytes - 4));
        return;
    }
    for (; k < bytes; k = mw_opaque(k + 1)) {
        to[k] = from[k];
    }
}

static void fill(int8_t *to, int32_t value, int32_t bytes)
{
    for (int32_t k = 0; k < bytes; k = mw_opaque(k + 1)) {
        to[k] = (int8_t)value;
    }
}

/* Copy the window at column `left` to the room [kh, kw, c]; beside the image is the zero point. */
static NOT_INLINED void gather(const layer *l, const void *const *rows, int32_t left)
{
    const mw_conv2d_params *p = l->p;
    const int32_t taps = p->dilation_w == 1 ? p->kw : 1; /* that lie side by side */
    for (int32_t j = 0; j < p->kw; j += taps) {
        const int32_t start = left + j * p->dilation_w;
        const int32_t before = mw_clamp(-start, 0, taps) * p->c;
        const int32_t behind = mw_clamp(start + taps - p->w, 0, taps) * p->c;
        const int32_t within = taps * p->c - before - behind, from = start * p->c + before;
        int8_t *to = l->room + j * p->c;
        for (int32_t i = 0; i < p->kh; i++, to += l->bytes) {
            fill(to, p->zero_x, before);
            copy(to + before, (const int8_t *)rows[i * p->dilation_h] + from, within);
            fill(to + before + within, p->zero_x, behind);
        }
    }
}

/* Put the rests of all rows one behind the other. */
static NOT_INLINED const int8_t *collect(const layer *l, const place *at, int32_t pixel)
{
    int8_t *const rests = l->rests + pixel * 4 * (l->steps - l->p->kh * l->words);
    int8_t *to = rests;
    for (int32_t i = 0; i < l->p->kh; i++) {
        const int8_t *from = row_of(l, at, i) + 4 * l->words;
        for (int32_t k = l->rest; k > 0; k = mw_opaque(k - 1)) {
            *to++ = *from++;
        }
    }
    return rests;
}

/* Widen one of several pixels. */
static uint32_t *widen(uint32_t *to, const int8_t *from, int32_t words, int32_t pixels)
{
    for (; words > 0; words = mw_opaque(words - 1), from += 4, to += 2 * pixels) {
        const uint32_t four = mw_load4(from);
        to[0] = mw_even(four);
        to[pixels] = mw_odd(four);
    }
    return to;
}

static NOT_INLINED void fetch_one(const layer *l, const place *at, int32_t pixel, int32_t pixels)
{
    uint32_t *to = l->wide + pixel;
    for (int32_t i = 0; i < l->p->kh; i++) {
        to = widen(to, row_of(l, at, i), l->words, pixels);
    }
    if (l->rest > 0) {
        widen(to, collect(l, at, pixel), l->steps - l->p->kh * l->words, pixels);
    }
}

static NOT_INLINED void fetch_three(const layer *l, const place *at)
{
    uint32_t *to = l->wide;
    if (l->words > 0) {
        for (int32_t i = 0; i < l->p->kh; i++) {
            to = mw_widen_3(to, row_of(l, at, i), row_of(l, at + 1, i), row_of(l, at + 2, i), l->words);
        }
    }
    if (l->rest > 0) {
        const int8_t *const a = collect(l, at, 0), *const b = collect(l, at + 1, 1);
        mw_widen_3(to, a, b, collect(l, at + 2, 2), l->steps - l->p->kh * l->words);
    }
}

/* Widen the inputs of pixels `step` columns, or a table of rows `row_step` on, apart. */
static void fetch(const layer *l, const void *const *rows, int32_t row_step, int32_t left,
                  int32_t step, int32_t pixels)
{
    const mw_conv2d_params *p = l->p;
    const int32_t end = p->dilation_w == 1 ? p->w - p->kw : p->kw == 1 ? p->w - 1 : -1;
    place at[MOST];
    if (pixels == MOST && left >= 0 && left + 2 * step <= end) {
        for (int32_t i = 0; i < MOST; i++) {
            at[i] = (place){rows + i * row_step, (left + i * step) * p->c};
        }
        fetch_three(l, at);
        return;
    }
    for (int32_t i = 0; i < pixels; i++, rows += row_step, left += step) {
        at[0] = (place){rows, left * p->c};
        if (left < 0 || left > end) {
            gather(l, rows, left);
            at[0].rows = 0;
        }
        fetch_one(l, at, i, pixels);
    }
}

/* For activations that clamp within int8; requantisation has clamped to all of it. */
static NOT_INLINED void clamp_row(const mw_conv2d_params *p, int8_t *out)
{
    for (int32_t i = p->ow * p->c_out; i > 0; i = mw_opaque(i - 1), out++) {
        *out = (int8_t)mw_clamp(*out, p->low, p->high);
    }
}

static layer plan(const mw_conv2d_params *p, void *scratch)
{
    const int32_t bytes = p->kw * p->c, steps = (p->kh * bytes + 3) / 4;
    layer l = {.p = p, .words = bytes / 4, .rest = bytes % 4, .bytes = bytes, .steps = steps};
    l.wide = scratch;
    l.rests = (int8_t *)(l.wide + 2 * MOST * steps);
    l.room = l.rests + MOST * 4 * (steps - p->kh * l.words);
    return l;
}

void mw_conv2d_s8_dsp_pairs(const mw_conv2d_params *p, const void *const *x, const int32_t *filters,
                            void *const *y, int32_t rows, void *scratch)
{
    const layer l = plan(p, scratch);
    mw_block block = {.x = l.wide, .scale = 2 * p->zero_y + 1, .steps = l.steps};
    /* Maps one pixel wide make blocks of several rows. */
    const int32_t column = p->ow == 1, row_step = column ? p->stride_h : 0;
    const int32_t step = column ? 0 : p->stride_w, length = column ? rows : p->ow;
    for (int32_t r = 0; r < rows; r += column ? rows : 1) {
        const void *const *from = x + r * p->stride_h;
        int32_t left = -p->pad_left, pixels;
        int8_t *out = y[r];
        for (int32_t done = 0; done < length; done += pixels) {
            pixels = length - done < MOST ? length - done : MOST;
            for (int32_t i = 0; i < pixels; i++, out += p->c_out) {
                block.out[i] = column ? y[done + i] : out;
            }
            fetch(&l, from, row_step, left, step, pixels);
            from += pixels * row_step;
            left += pixels * step;
            block.channels = p->c_out;
            mw_set_steps(&block, pixels);
            (pixels == 3 ? mw_pairs_3 : pixels == 2 ? mw_pairs_2 : mw_pairs_1)(filters, &block);
        }
    }
    if (p->low > -128 || p->high < 127) {
        for (int32_t r = 0; r < rows; r++) {
            clamp_row(p, y[r]);
        }
    }
}
