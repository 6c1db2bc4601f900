/* Convolution, two pixels by four output channels at a time: see isa_dsp_quads.h. */
#include "conv2d.h"

#include "isa_dsp_quads.h"

#define NOT_INLINED __attribute__((noinline))

/* Copy `bytes` > 0 by words; the last overlaps the one before if they are no multiple of four. */
static inline void copy(int8_t *to, const int8_t *from, int32_t bytes)
{
    if (bytes < 4) {
        for (; bytes > 0; bytes = mw_opaque(bytes - 1)) {
            *to++ = *from++;
        }
        return;
    }
    for (bytes -= 4; bytes > 0; bytes = mw_opaque(bytes - 4), to += 4, from += 4) {
        mw_store4(to, mw_load4(from));
    }
    mw_store4(to + bytes, mw_load4(from + bytes));
}

/* The same with one value. */
static inline void fill(int8_t *to, int32_t value, int32_t bytes)
{
    const uint32_t four = 0x01010101u * ((uint32_t)value & 0xFFu);
    for (; bytes >= 4; bytes = mw_opaque(bytes - 4), to += 4) {
        mw_store4(to, four);
    }
    while (bytes > 0) {
        to[bytes = mw_opaque(bytes - 1)] = (int8_t)value;
    }
}

/* Copy `count` columns from `start` of every row to rows `pitch` bytes apart, filled with the zero
 * point, which is beside the image. */
static inline void gather(const mw_conv2d_params *p, const void *const *rows, int32_t start,
                               int32_t count, int8_t *to, int32_t pitch)
{
    const int32_t first = start < 0 ? 0 : start, c = p->c, dilation = p->dilation_h;
    const int32_t end = start + count < p->w ? start + count : p->w;
    if (end <= first) {
        return;
    }
    to += (first - start) * c;
    for (int32_t i = p->kh; i > 0; i = mw_opaque(i - 1), to += pitch, rows += dilation) {
        copy(to, (const int8_t *)*rows + first * c, (end - first) * c);
    }
}

/* Gather the window at column `left` of a block, whose columns lie `dilation` apart. */
static NOT_INLINED void gather_window(const mw_conv2d_params *p, const void *const *rows, int32_t left,
                          int32_t columns, int32_t dilation, int8_t *room)
{
    const int32_t pitch = columns * p->c;
    fill(room, p->zero_x, p->kh * pitch);
    const int32_t count = dilation == 1 ? columns : 1;
    for (int32_t j = 0; j < columns; j += count) {
        gather(p, rows, left + j * dilation, count, room + j * p->c, pitch);
    }
}

/* Lay out the scratch and say how windows are read, of two pixels at a time, or only one. */
static inline void plan(mw_quads *block, const mw_conv2d_params *p, int32_t pixels, void *scratch)
{
    const int32_t bytes = p->kw * p->c;
    block->words = bytes >> 2;
    block->rest = bytes & 3;
    block->kh = p->kh;
    block->rest_words = (p->kh * block->rest + 3) >> 2;
    block->step = p->c_out;
    block->x = scratch;
    block->rests = (int8_t *)(block->x + 2 * pixels * (p->kh * block->words + block->rest_words));
    block->room = block->rests + 4 * pixels * block->rest_words;
}

/* As many blocks as go from pixel j, whose window is at column `left`: all that end before pixel
 * `end`, and lie within the image, or one that does not. Return the pixels done. */
static inline int32_t blocks(mw_quads *block, const mw_conv2d_params *p, const void *const *x,
                             const int32_t *filters, int8_t *out, int32_t pixels, int32_t left,
                             int32_t within)
{
    const int32_t next = p->stride_w * p->c, dilation = p->kw > 1 ? p->dilation_w : 1;
    const int32_t steps = block->kh * block->words + block->rest_words;
    block->next = next;
    block->x_end = block->x + 2 * pixels * steps;
    block->advance = pixels * next;
    block->blocks = 1;
    if (left >= 0 && within >= pixels) {
        block->blocks = pixels == 1 ? within : within >> 1;
        block->rows = x;
        block->offset = left * p->c;
        block->dilation = p->dilation_h * (int32_t)sizeof *x;
        block->pitch = 0;
    } else {
        const int32_t columns = p->kw + (pixels - 1) * p->stride_w;
        gather_window(p, x, left, columns, dilation, block->room);
        block->rows = (const void *const *)&block->room;
        block->offset = 0;
        block->dilation = 0;
        block->pitch = columns * p->c;
    }
    const int32_t done = pixels * block->blocks;
    if (pixels == 2) {
        block->skip = mw_skip_2(steps);
        mw_quads_2(filters, block, out, out + p->c_out);
    } else {
        block->skip = mw_skip_1(steps);
        mw_quads_1(filters, block, out, out + p->c_out);
    }
    return done;
}

void mw_conv2d_s8_dsp_quads(const mw_conv2d_params *p, const void *const *x, const int32_t *filters,
                            void *const *y, int32_t rows, void *scratch)
{
    const int32_t apart = p->kw > 1 && p->dilation_w > 1, most = apart || p->ow == 1 ? 1 : 2;
    mw_quads block;
    plan(&block, p, most, scratch);
    /* Windows of the pixels before this one end within the image. */
    int32_t end = p->ow;
    if (apart) {
        end = 0;
    } else if ((p->ow - 1) * p->stride_w - p->pad_left + p->kw > p->w) {
        const int32_t fit = p->w - p->kw + p->pad_left;
        end = fit < 0 ? 0 : fit / p->stride_w + 1;
    }
    for (int32_t r = 0; r < rows; r++, x += p->stride_h) {
        int32_t left = -p->pad_left;
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow;) {
            const int32_t pixels = j + 1 == p->ow ? 1 : most;
            const int32_t done = blocks(&block, p, x, filters, out, pixels, left, end - j);
            out += done * p->c_out;
            left += done * p->stride_w;
            j += done;
        }
    }
}
