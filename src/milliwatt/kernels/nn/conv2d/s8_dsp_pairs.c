/* Convolution, up to three pixels by two output channels at a time: see isa_dsp_pairs.h. */
#include "conv2d.h"

#include "clamp_rows.h"
#include "fixed.h"
#include "isa_dsp_pairs.h"

#define NOT_INLINED __attribute__((noinline))

enum { MOST = 3 }; /* pixels of a block */

/* How a layer's windows are read. */
typedef struct {
    const mw_conv2d_params *p;
    int32_t most;           /* pixels of a block */
    int32_t words, rest;    /* of a row of the window: bytes are 4 * words + rest */
    int32_t rest_words;     /* of a pixel: the rests of all rows, taken together */
    int32_t row_step, step; /* from a pixel of a block to the next: rows, columns */
    int32_t single;         /* windows are one run of whole words in one row */
    int32_t pitch;          /* bytes of a row of the room */
    uint32_t *wide;         /* the block, widened */
    int8_t *rests;          /* of its pixels */
    int8_t *room;           /* what its windows cover, if they leave the image */
} layer;

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

/* Widen three pixels that lie one behind the other in a row and are whole words. */
static NOT_INLINED void widen_single(const layer *l, const int8_t *row)
{
    const int32_t next = l->step * l->p->c;
    mw_widen_3(l->wide, row, row + next, row + 2 * next, l->words);
}

/* Widen the inputs of three pixels, the first of them at `offset` of the rows; no rows: in the room. */
static NOT_INLINED void fetch_three(const layer *l, const void *const *rows, int32_t offset)
{
    const int32_t next = l->step * l->p->c, words = l->words, apart = 4 * l->rest_words;
    const int8_t *a = l->room, *b = a + next, *c = b + next;
    int8_t *rests = l->rests;
    uint32_t *to = l->wide;
    for (int32_t i = l->p->kh; i > 0; i = mw_opaque(i - 1)) {
        if (rows) {
            a = (const int8_t *)rows[0] + offset;
            b = (const int8_t *)rows[l->row_step] + offset + next;
            c = (const int8_t *)rows[2 * l->row_step] + offset + 2 * next;
            rows += l->p->dilation_h;
        }
        if (words > 0) {
            to = mw_widen_3(to, a, b, c, words);
        }
        for (int32_t k = 4 * words; k < 4 * words + l->rest; k = mw_opaque(k + 1), rests++) {
            rests[0] = a[k];
            rests[apart] = b[k];
            rests[2 * apart] = c[k];
        }
        if (!rows) {
            a += l->pitch;
            b += l->pitch;
            c += l->pitch;
        }
    }
    if (apart > 0) {
        rests = l->rests;
        mw_widen_3(to, rests, rests + apart, rests + 2 * apart, l->rest_words);
    }
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

/* Widen the inputs of one pixel of a block, at `offset` of the rows or of those in the room. */
static NOT_INLINED void fetch_one(const layer *l, const void *const *rows, int32_t offset,
                                  int32_t pixel, int32_t pixels)
{
    int8_t *rests = l->rests;
    uint32_t *to = l->wide + pixel;
    for (int32_t i = 0; i < l->p->kh; i++) {
        const int8_t *row = rows ? (const int8_t *)rows[i * l->p->dilation_h] : l->room + i * l->pitch;
        row += offset;
        to = widen(to, row, l->words, pixels);
        for (int32_t k = 4 * l->words; k < 4 * l->words + l->rest; k = mw_opaque(k + 1)) {
            *rests++ = row[k];
        }
    }
    widen(to, l->rests, l->rest_words, pixels);
}

/* Widen the inputs of a block of pixels, the first of them at column `left`. */
static void fetch(const layer *l, const void *const *rows, int32_t left, int32_t pixels)
{
    const mw_conv2d_params *p = l->p;
    const int32_t last = left + (pixels - 1) * l->step;
    int32_t offset = left * p->c;
    if (p->kw > 1 && p->dilation_w > 1) {
        for (int32_t j = 0; j < p->kw; j++) {
            gather(l, rows, left + j * p->dilation_w, 1, l->room + j * p->c);
        }
        rows = 0;
        offset = 0;
    } else if (left < 0 || last + p->kw > p->w) {
        gather(l, rows, left, last + p->kw - left, l->room);
        rows = 0;
        offset = 0;
    }
    if (pixels == MOST) {
        if (l->single) {
            widen_single(l, (const int8_t *)rows[0] + offset);
        } else {
            fetch_three(l, rows, offset);
        }
        return;
    }
    for (int32_t i = 0; i < pixels; i++, offset += l->step * p->c) {
        fetch_one(l, rows, offset, i, pixels);
        rows = rows ? rows + l->row_step : 0;
    }
}

static layer plan(const mw_conv2d_params *p, void *scratch)
{
    const int32_t bytes = p->kw * p->c, span = (p->kw - 1) * p->dilation_w + 1;
    const int leaves = p->pad_left > 0 || (p->ow - 1) * p->stride_w + span > p->w;
    layer l = {.p = p, .most = MOST, .words = bytes / 4, .rest = bytes % 4, .step = p->stride_w};
    if (p->ow == 1) { /* maps one pixel wide make blocks of several rows */
        l.row_step = p->stride_h;
        l.step = 0;
    }
    if ((p->kw > 1 && p->dilation_w > 1) || (p->ow == 1 && leaves)) {
        l.most = 1; /* windows of separate columns, or rows, are gathered one by one */
    }
    l.single = p->kh == 1 && l.rest == 0 && p->ow > 1 && !leaves;
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
    const int32_t column = p->ow == 1, length = column ? rows : p->ow;
    mw_block block = {.x = l.wide, .scale = 2 * p->zero_y + 1};
    block.steps = p->kh * l.words + l.rest_words;
    for (int32_t r = 0; r < rows; r += column ? rows : 1) {
        const void *const *from = x + r * p->stride_h;
        int32_t column_at = -p->pad_left, pixels, before = 0;
        int8_t *out = y[r];
        for (int32_t done = 0; done < length; done += pixels) {
            pixels = length - done < l.most ? length - done : l.most;
            block.out[0] = out;
            block.out[1] = out + p->c_out;
            block.out[2] = out + 2 * p->c_out;
            out += pixels * p->c_out;
            for (int32_t i = 0; column && i < pixels; i = mw_opaque(i + 1)) {
                block.out[i] = y[done + i];
            }
            fetch(&l, from, column_at, pixels);
            from += pixels * l.row_step;
            column_at += pixels * l.step;
            block.channels = p->c_out;
            if (pixels != before) {
                mw_set_steps(&block, pixels);
                before = pixels;
            }
            if (pixels == 3) {
                mw_pairs_3(filters, &block);
            } else if (pixels == 2) {
                mw_pairs_2(filters, &block);
            } else {
                mw_pairs_1(filters, &block);
            }
        }
    }
    mw_clamp_rows(p, y, rows);
}
