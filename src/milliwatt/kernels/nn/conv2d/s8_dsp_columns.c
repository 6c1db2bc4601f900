/* Convolution with windows three columns wide at stride one, three or two pixels by two output channels
 * at a time: see isa_dsp_columns.h. */
#include "conv2d.h"

#include "clamp_rows.h"
#include "isa_dsp_columns.h"

enum { KW = 3 };

/* Widen four bytes of each of `count` columns at a time, `c` bytes apart. */
static inline __attribute__((always_inline)) uint32_t *
widen(uint32_t *to, const int8_t *from, int32_t c, int32_t count)
{
    for (int32_t k = c / 4; k > 0; k = mw_opaque(k - 1), from += 4, to += 2 * count) {
        const int8_t *at = from;
        for (int32_t j = 0; j < count; j++, at += c) {
            const uint32_t four = mw_load4(at);
            to[j] = mw_even(four);
            to[count + j] = mw_odd(four);
        }
    }
    return to;
}

/* The same for columns of which some lie beside the image, where the zero point is. */
static __attribute__((noinline)) uint32_t *
widen_border(const mw_conv2d_params *p, uint32_t *to, const int8_t *row, int32_t left, int32_t count)
{
    for (int32_t j = 0; j < count; j++) {
        const int32_t column = left + j, outside = column < 0 || column >= p->w;
        const uint32_t zero = (uint32_t)p->zero_x & 0xFFFFu;
        const int8_t *from = row + column * p->c;
        uint32_t *next = to + j;
        for (int32_t k = p->c / 4; k > 0; k = mw_opaque(k - 1), next += 2 * count, from += 4) {
            if (outside) {
                next[0] = next[count] = zero | zero << 16;
            } else {
                const uint32_t four = mw_load4(from);
                next[0] = mw_even(four);
                next[count] = mw_odd(four);
            }
        }
    }
    return to + p->c / 2 * count;
}

static void fetch(const mw_conv2d_params *p, uint32_t *to, const void *const *rows, int32_t left,
                  int32_t columns)
{
    const int inside = left >= 0 && left + columns <= p->w;
    for (int32_t i = 0; i < p->kh; i++) {
        const int8_t *row = rows[i * p->dilation_h];
        if (!inside) {
            to = widen_border(p, to, row, left, columns);
        } else if (columns == KW + 2) {
            to = widen(to, row + left * p->c, p->c, KW + 2);
        } else {
            to = widen(to, row + left * p->c, p->c, KW + 1);
        }
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
