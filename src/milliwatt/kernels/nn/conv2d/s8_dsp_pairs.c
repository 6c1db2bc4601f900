/* Convolution, up to three pixels by two output channels at a time: see isa_dsp_pairs.h. */
#include "conv2d.h"

#include "clamp_rows.h"
#include "fixed.h"
#include "isa_dsp_pairs.h"

#define NOT_INLINED __attribute__((noinline))

enum { MOST = 3 }; /* pixels of a block */

typedef struct {
    const mw_conv2d_params *p;
    int32_t most;        /* pixels of a block */
    int32_t bytes;       /* of a row of the window: 4 * words + rest */
    int32_t words, rest; /* the rests of all rows are taken together, after the words of all rows */
    int32_t rest_words;  /* of one pixel */
    int32_t pitch;       /* of the room */
    uint32_t *wide;      /* the block, widened */
    int8_t *rests;       /* of the pixels of a block */
    int8_t *room;        /* what the windows of a block cover that leaves the image */
} layer;

/* The rows that a pixel's window begins in, and at which of their bytes. No rows: it is in the room. */
typedef struct {
    const void *const *rows;
    int32_t offset;
} place;

static const int8_t *row_of(const layer *l, const place *at, int32_t i)
{
    return at->offset + (at->rows ? (const int8_t *)at->rows[i * l->p->dilation_h]
                                  : l->room + i * l->pitch);
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

/* Copy `count` columns from `start` of every row to the room; beside the image is the zero point. */
static NOT_INLINED void gather(const layer *l, const void *const *rows, int32_t start,
                               int32_t count, int8_t *to)
{
    const mw_conv2d_params *p = l->p;
    const int32_t before = mw_clamp(-start, 0, count) * p->c;
    const int32_t behind = mw_clamp(start + count - p->w, 0, count) * p->c;
    const int32_t within = count * p->c - before - behind, from = start * p->c + before;
    for (int32_t i = 0; i < p->kh; i++, to += l->pitch) {
        fill(to, p->zero_x, before);
        copy(to + before, (const int8_t *)rows[i * p->dilation_h] + from, within);
        fill(to + before + within, p->zero_x, behind);
    }
}

/* Put the rests of all rows one behind the other. */
static NOT_INLINED const int8_t *collect(const layer *l, const place *at, int32_t pixel)
{
    int8_t *const rests = l->rests + pixel * 4 * l->rest_words;
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
        widen(to, collect(l, at, pixel), l->rest_words, pixels);
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
        mw_widen_3(to, a, b, collect(l, at + 2, 2), l->rest_words);
    }
}

/* Widen the inputs of pixels `step` columns, or `row_step` rows, apart. */
static void fetch(const layer *l, const void *const *rows, int32_t row_step, int32_t left,
                  int32_t step, int32_t pixels)
{
    const mw_conv2d_params *p = l->p;
    const int32_t apart = p->kw == 1 ? 1 : p->dilation_w, last = left + (pixels - 1) * step;
    place at[MOST] = {{rows, left * p->c}};
    if (apart > 1) {
        for (int32_t j = 0; j < p->kw; j++) {
            gather(l, rows, left + j * apart, 1, l->room + j * p->c);
        }
        at[0] = (place){0, 0};
    } else if (left < 0 || last + p->kw > p->w) {
        gather(l, rows, left, last + p->kw - left, l->room);
        at[0] = (place){0, 0};
    }
    for (int32_t i = 1; i < pixels; i++) {
        at[i].rows = at[i - 1].rows ? at[i - 1].rows + row_step : 0;
        at[i].offset = at[i - 1].offset + step * p->c;
    }
    if (pixels == MOST) {
        fetch_three(l, at);
        return;
    }
    for (int32_t i = 0; i < pixels; i++) {
        fetch_one(l, at + i, i, pixels);
    }
}

static layer plan(const mw_conv2d_params *p, void *scratch)
{
    const int32_t bytes = p->kw * p->c, span = (p->kw - 1) * p->dilation_w + 1;
    const int leaves = p->pad_left > 0 || (p->ow - 1) * p->stride_w + span > p->w;
    layer l = {.p = p, .bytes = bytes, .words = bytes / 4, .rest = bytes % 4};
    /* windows of separate columns, or rows, are gathered one by one */
    l.most = (p->kw > 1 && p->dilation_w > 1) || (p->ow == 1 && leaves) ? 1 : MOST;
    l.rest_words = (p->kh * l.rest + 3) / 4;
    l.pitch = bytes + (l.most - 1) * p->stride_w * p->c;
    l.wide = scratch;
    l.rests = (int8_t *)(l.wide + 2 * l.most * (p->kh * l.words + l.rest_words));
    l.room = l.rests + 4 * l.most * l.rest_words;
    return l;
}

void mw_conv2d_s8_dsp_pairs(const mw_conv2d_params *p, const void *const *x, const int32_t *filters,
                            void *const *y, int32_t rows, void *scratch)
{
    const layer l = plan(p, scratch);
    mw_block block = {.x = l.wide, .scale = 2 * p->zero_y + 1};
    block.steps = p->kh * l.words + l.rest_words;
    /* Maps one pixel wide make blocks of several rows. */
    const int32_t column = p->ow == 1, row_step = column ? p->stride_h : 0;
    const int32_t step = column ? 0 : p->stride_w, length = column ? rows : p->ow;
    for (int32_t r = 0; r < rows; r += column ? rows : 1) {
        const void *const *from = x + r * p->stride_h;
        int32_t left = -p->pad_left, pixels;
        int8_t *out = y[r];
        for (int32_t done = 0; done < length; done += pixels) {
            pixels = length - done < l.most ? length - done : l.most;
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
    mw_clamp_rows(p, y, rows);
}
