/* Depthwise convolution by 3x3 windows, for cores whose multiplier gives one product a time: a few
 * neighbouring pixels of one channel, which share its filter and, side by side, their inputs.
 *
 * Blocks of pixels whose windows lie within the image are read in place; at its borders the window is
 * copied and filled up with zero points, so that both are one case. Filters come channel by channel.
 */
#ifndef MW_DEPTHWISE_CONV2D_THREE_H
#define MW_DEPTHWISE_CONV2D_THREE_H

#include "depthwise_conv2d.h"
#include "fixed.h"
#include "memory.h"
#include "rescale.h"

enum { MW_THREE = 3, MW_BLOCK = 4 /* pixels, at a stride of 1 */ };

/* Requantisation of one sum; `multiplier` points at the channel's, which takes four bytes. */
typedef int32_t mw_three_rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero);

/* Everything about a call that does not change from pixel to pixel. */
typedef struct {
    const mw_depthwise_conv2d_params *p;
    const int8_t *taps;    /* [c, 10]: weights and shift */
    const int32_t *scales; /* [c, 2]: bias and multiplier, as `rescale` wants it */
    mw_three_rescale *rescale;
} mw_three_layer;

/* Three rows of some pixels, where they are. */
typedef struct {
    const int8_t *row[MW_THREE];
} mw_three_window;

/* `pixels` outputs, all channels; pixels and stride are constants where this is inlined. */
__attribute__((always_inline)) static inline void mw_three_pixels(const mw_three_layer *l,
                                                                  const mw_three_window *window,
                                                                  int32_t pixels, int32_t stride,
                                                                  int8_t *out)
{
    const int32_t channels = l->p->c, zero = l->p->zero_y;
    const int8_t *w = l->taps;
    const int32_t *scale = l->scales;
    const int8_t *row[MW_THREE] = {window->row[0], window->row[1], window->row[2]};
    for (int8_t *const end = out + channels; out != end; out++) {
        int32_t sum[MW_BLOCK];
        for (int32_t k = 0; k < pixels; k++) {
            sum[k] = scale[0];
        }
        for (int32_t i = 0; i < MW_THREE; i++, w += MW_THREE) {
            const int8_t *x = mw_opaque_pointer(row[i]);
            row[i] = x + 1;
            for (int32_t k = 0; k < pixels; k++) {
                const int8_t *at = x + k * stride * channels;
                const int32_t dot = at[0] * w[0] + at[channels] * w[1] + at[2 * channels] * w[2];
                sum[k] = mw_add_wrap(sum[k], dot);
            }
        }
        const int32_t shift = *w++;
        for (int32_t k = 0; k < pixels; k++) {
            sum[k] = l->rescale(sum[k], scale + 1, shift, zero);
        }
        for (int32_t k = 0; k < pixels; k++) {
            out[k * channels] = (int8_t)sum[k];
        }
        scale += 2;
    }
}

static inline void mw_three_block(const mw_three_layer *l, const mw_three_window *window, int32_t pixels,
                                  int8_t *out)
{
    if (pixels == 1) {
        mw_three_pixels(l, window, 1, 1, out);
    } else if (l->p->stride_w != 1) {
        mw_three_pixels(l, window, 2, 2, out);
    } else if (pixels == 2) {
        mw_three_pixels(l, window, 2, 1, out);
    } else {
        mw_three_pixels(l, window, MW_BLOCK, 1, out);
    }
}

/* Find columns `left` to `left + columns - 1`; copy them if some lie outside the image. */
static inline mw_three_window mw_three_find(const mw_depthwise_conv2d_params *p,
                                            const void *const *rows, int32_t left, int32_t columns,
                                            int8_t *room)
{
    mw_three_window window;
    const int32_t inside = left >= 0 && left + columns <= p->w;
    for (int32_t i = 0; i < MW_THREE; i++) {
        const int8_t *row = rows[i];
        if (inside) {
            window.row[i] = row + left * p->c;
            continue;
        }
        const int32_t first = left < 0 ? -left : 0;
        const int32_t end = left + columns > p->w ? p->w - left : columns;
        window.row[i] = room;
        mw_fill_s8(room, (int8_t)p->zero_x, first * p->c);
        mw_copy_s8(room + first * p->c, row + (left + first) * p->c, (end - first) * p->c);
        mw_fill_s8(room + end * p->c, (int8_t)p->zero_x, (columns - end) * p->c);
        room += columns * p->c;
    }
    return window;
}

/* How many pixels to take at once, of `rest`. */
static inline int32_t mw_three_choose(int32_t stride, int32_t rest)
{
    if (stride == 1 && rest >= MW_BLOCK) {
        return MW_BLOCK;
    }
    return rest >= 2 && stride <= 2 ? 2 : 1;
}

/* scratch: three rows of the columns of the largest block */
static inline void mw_three_rows(const mw_three_layer *l, const void *const *x, void *const *y,
                                 int32_t rows, int8_t *scratch)
{
    const mw_depthwise_conv2d_params *p = l->p;
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        int32_t pixels;
        for (int32_t j = 0; j < p->ow; j += pixels) {
            const int32_t left = j * p->stride_w - p->pad_left;
            pixels = mw_three_choose(p->stride_w, p->ow - j);
            const int32_t columns = (pixels - 1) * p->stride_w + MW_THREE;
            const mw_three_window window = mw_three_find(p, x + r * p->stride_h, left, columns, scratch);
            mw_three_block(l, &window, pixels, out + j * p->c);
        }
        if (p->low > INT8_MIN || p->high < INT8_MAX) {
            for (int32_t i = 0; i < p->ow * p->c; i++) {
                out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
            }
        }
    }
}

#endif
