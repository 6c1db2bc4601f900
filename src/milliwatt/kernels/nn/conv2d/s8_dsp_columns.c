/* Convolution with windows three columns wide at stride one, three or two pixels by two output
 * channels at a time: see isa_dsp_columns.h. */
#include "conv2d.h"

#include "clamp_rows.h"
#include "isa_dsp_columns.h"

enum { KW = 3 };

/* Widen the channels of one of `count` columns. */
static void widen(uint32_t *to, const int8_t *from, int32_t words, int32_t count)
{
    for (; words > 0; words = mw_opaque(words - 1), from += 4, to += 2 * count) {
        const uint32_t four = mw_load4(from);
        to[0] = mw_even(four);
        to[count] = mw_odd(four);
    }
}

/* The same for a column beside the image, where the zero point is. */
static void widen_zero(uint32_t *to, int32_t zero, int32_t words, int32_t count)
{
    const uint32_t half = (uint32_t)zero & 0xFFFFu, both = half | half << 16;
    for (; words > 0; words = mw_opaque(words - 1), to += 2 * count) {
        to[0] = both;
        to[count] = both;
    }
}

static __attribute__((noinline)) void fetch_slowly(const mw_conv2d_params *p, uint32_t *to,
                                                   const void *const *rows, int32_t left,
                                                   int32_t columns)
{
    const int32_t words = p->c / 4;
    for (int32_t i = 0; i < p->kh; i++, rows += p->dilation_h) {
        for (int32_t j = 0; j < columns; j++) {
            const int32_t column = left + j;
            if (column < 0 || column >= p->w) {
                widen_zero(to + j, p->zero_x, words, columns);
            } else {
                widen(to + j, (const int8_t *)*rows + column * p->c, words, columns);
            }
        }
        to += 2 * words * columns;
    }
}

static void fetch(const mw_conv2d_params *p, uint32_t *to, const void *const *rows, int32_t left,
                  int32_t columns)
{
    if (columns < KW + 2 || left < 0 || left + columns > p->w) {
        fetch_slowly(p, to, rows, left, columns);
        return;
    }
    for (int32_t i = 0; i < p->kh; i++) {
        const int8_t *row = rows[i * p->dilation_h];
        to = mw_widen_5(to, row + left * p->c, p->c, p->c / 4);
    }
}

void mw_conv2d_s8_dsp_columns(const mw_conv2d_params *p, const void *const *x,
                              const int32_t *filters, void *const *y, int32_t rows, void *scratch)
{
    mw_block block = {.x = scratch, .scale = 2 * p->zero_y + 1, .steps = p->kh * (p->c / 4)};
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        int32_t pixels;
        for (int32_t j = 0; j < p->ow; j += pixels) {
            const int32_t left = p->ow - j;
            pixels = left == 2 || left == 4 ? 2 : 3; /* never one: there are two or more */
            for (int32_t i = 0; i < pixels; i++, out += p->c_out) {
                block.out[i] = out;
            }
            fetch(p, scratch, x + r * p->stride_h, j - p->pad_left, pixels + 2);
            block.channels = p->c_out;
            mw_set_columns(&block, pixels);
            if (pixels == 3) {
                mw_columns_3(filters, &block);
            } else {
                mw_columns_2(filters, &block);
            }
        }
    }
    mw_clamp_rows(p, y, rows);
}
