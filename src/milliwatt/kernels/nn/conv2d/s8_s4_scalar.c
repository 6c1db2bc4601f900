/* Convolution with weights of 4 bits in plain C: gather a pixel, unpack each weight as it is met. */
#include "conv2d.h"

#include "conv2d_gather.h"
#include "int4.h"

void mw_conv2d_s8_s4_scalar(const mw_conv2d_params *p, const void *const *x, const uint8_t *weights,
                            const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                            void *const *y, int32_t rows, void *scratch)
{
    const int32_t depth = p->kh * p->kw * p->c, pitch = (depth + 1) / 2;
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++) {
            const int32_t left = j * p->stride_w - p->pad_left;
            const int8_t *pixel = mw_pixel_input(p, x + r * p->stride_h, left, scratch);
            const uint8_t *w = weights;
            for (int32_t o = 0; o < p->c_out; o++, w += pitch) {
                const int32_t acc = mw_int4_dot(pixel, w, depth, bias[o]);
                const int32_t v = mw_requantize(acc, multiplier[o], shift[o]) + p->zero_y;
                *out++ = (int8_t)mw_clamp(v, p->low, p->high);
            }
        }
    }
}
