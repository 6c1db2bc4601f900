/* Convolution in plain C: gather the input of one pixel, then one dot product an output channel. */
#include "conv2d.h"

#include "fixed.h"
#include "conv2d_gather.h"

void mw_conv2d_s8_scalar(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                         const int32_t *bias, const int32_t *multiplier, const int32_t *shift,
                         void *const *y, int32_t rows, void *scratch)
{
    const int32_t depth = p->kh * p->kw * p->c;
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++) {
            const int32_t left = j * p->stride_w - p->pad_left;
            const int8_t *pixel = mw_pixel_input(p, x + r * p->stride_h, left, scratch);
            const int8_t *w = weights;
            for (int32_t o = 0; o < p->c_out; o++, w += depth) {
                int32_t acc = bias[o];
                for (int32_t k = 0; k < depth; k++) {
                    acc = mw_add_wrap(acc, pixel[k] * w[k]);
                }
                acc = mw_requantize(acc, multiplier[o], shift[o]) + p->zero_y;
                *out++ = (int8_t)mw_clamp(acc, p->low, p->high);
            }
        }
    }
}
