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
    int32_t apart;          /* the columns of a window do not lie side by side */
    int32_t single;         /* a window is whole words of one row */
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

/* Copy `count` columns from `start` of every row; beside the image is the zero point. */
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

/* Widen the inputs of pixels, the first at `offset` of the rows; no rows: of the room. */
static NOT_INLINED void fetch_rows(const layer *l, const void *const *rows, int32_t offset,
                                   int32_t pixels)
{
    uint32_t *(*const widen)(uint32_t *, const int8_t *, int32_t, int32_t) =
        pixels == 3 ? mw_widen_3 : pixels == 2 ? mw_widen_2 : mw_widen_1;
    const int32_t words = l->words, dilation = l->p->dilation_h, apart = 4 * l->rest_words;
    const int32_t next = l->p->stride_w * l->p->c;
    int8_t *rests = l->rests;
    uint32_t *to = l->wide;
    for (int32_t i = 0; i < l->p->kh; i = mw_opaque(i + 1)) {
        const int8_t *row =
            rows ? (const int8_t *)rows[i * dilation] + offset : l->room + i * l->pitch;
        if (words > 0) {
            to = widen(to, row, next, words);
        }
        const int8_t *from = row + 4 * words;
        for (int32_t k = l->rest; k > 0; k = mw_opaque(k - 1), from++, rests++) {
            rests[0] = from[0];
            if (pixels > 1) {
                rests[apart] = from[next];
            }
            if (pixels > 2) {
                rests[2 * apart] = from[2 * next];
            }
        }
    }
    if (apart > 0) {
        widen(to, l->rests, apart, l->rest_words);
    }
}

/* Widen the inputs of a block of pixels, the first of them at column `left`. */
static void fetch(const layer *l, const void *const *rows, int32_t left, int32_t pixels)
{
    const mw_conv2d_params *p = l->p;
    const int32_t end = left + (pixels - 1) * p->stride_w + p->kw;
    if (left >= 0 && end <= p->w && !l->apart) {
        if (l->single && pixels == MOST) { /* the most frequent case */
            mw_widen_3(l->wide, (const int8_t *)rows[0] + left * p->c, p->stride_w * p->c, l->words);
            return;
        }
        fetch_rows(l, rows, left * p->c, pixels);
        return;
    }
    if (l->apart) {
        for (int32_t j = 0; j < p->kw; j++) {
            gather(l, rows, left + j * p->dilation_w, 1, l->room + j * p->c);
        }
    } else {
        gather(l, rows, left, end - left, l->room);
    }
    fetch_rows(l, 0, 0, pixels);
}

static layer plan(const mw_conv2d_params *p, void *scratch)
{
    const int32_t bytes = p->kw * p->c;
    layer l = {.p = p, .most = MOST, .words = bytes / 4, .rest = bytes % 4};
    l.apart = p->kw > 1 && p->dilation_w > 1;
    l.single = p->kh == 1 && l.rest == 0;
    if (l.apart || p->ow == 1) {
        l.most = 1;
    }
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
    int32_t pixels, before = 0;
    for (int32_t r = 0; r < rows; r++) {
        int32_t left = -p->pad_left;
        int8_t *out = y[r];
        for (int32_t more = p->ow; more > 0; more -= pixels) {
            pixels = more < l.most ? more : l.most;
            fetch(&l, x + r * p->stride_h, left, pixels);
            left += pixels * p->stride_w;
            block.out[0] = out;
            if (pixels > 1) {
                block.out[1] = out + p->c_out;
            }
            if (pixels > 2) {
                block.out[2] = out + 2 * p->c_out;
            }
            out += pixels * p->c_out;
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
