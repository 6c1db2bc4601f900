/* Convolution of rows that give one pixel, two rows by four output channels at a time: see
 * isa_dsp_quads.h. Windows lie within the rows. */
#include "conv2d.h"

#include "isa_dsp_quads.h"

/* Bytes from one row to another, 0 where an int32_t does not hold them (on large machines). */
static inline int32_t distance(const void *from, const void *to)
{
    const intptr_t bytes = (intptr_t)((uintptr_t)to - (uintptr_t)from);
    return bytes == (int32_t)bytes ? (int32_t)bytes : 0;
}

/* Bytes from a window to that of the next output row, if they are as many in each of its rows; else
 * 0, as where some of them lie outside the image. */
static inline int32_t next_window(const mw_conv2d_params *p, const void *const *x)
{
    const int32_t next = distance(x[0], x[p->stride_h]);
    for (int32_t i = p->kh; i > 1; i = mw_opaque(i - 1)) {
        x += p->dilation_h;
        if (distance(x[0], x[p->stride_h]) != next) {
            return 0;
        }
    }
    return next;
}

void mw_conv2d_s8_dsp_quads_narrow(const mw_conv2d_params *p, const void *const *x,
                                   const int32_t *filters, void *const *y, int32_t rows,
                                   void *scratch)
{
    const int32_t bytes = p->kw * p->c;
    mw_quads block = {.x = scratch, .words = bytes >> 2, .kh = p->kh, .rest = bytes & 3};
    block.rest_words = (p->kh * block.rest + 3) >> 2;
    const int32_t steps = p->kh * block.words + block.rest_words;
    block.rests = (int8_t *)(block.x + 2 * (rows > 1 ? 2 : 1) * steps);
    block.dilation = p->dilation_h * (int32_t)sizeof *x;
    for (int32_t pixels; rows > 0; rows -= pixels, x += pixels * p->stride_h, y += pixels) {
        int8_t *out = y[0];
        pixels = 1;
        if (rows > 1) {
            block.next = next_window(p, x);
            block.step = distance(out, y[1]);
            pixels = block.next != 0 && block.step != 0 ? 2 : 1;
        }
        block.rows = x;
        block.offset = 0;
        block.blocks = 1;
        block.x_end = block.x + 2 * pixels * steps;
        if (pixels == 2) {
            block.skip = mw_skip_2(steps);
            mw_quads_2(filters, &block, out, out + p->c_out);
        } else {
            block.skip = mw_skip_1(steps);
            mw_quads_1(filters, &block, out, out + p->c_out);
        }
    }
}
