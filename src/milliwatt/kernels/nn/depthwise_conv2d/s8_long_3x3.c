/* Depthwise convolution by 3x3 windows; requantisation by 64-bit products. */
#include "depthwise_conv2d_three.h"

static inline int32_t rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero)
{
    return mw_rescale_long(acc, *(const int32_t *)multiplier, shift, zero);
}

void mw_depthwise_conv2d_s8_long_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                     const int8_t *taps, const int32_t *scales, void *const *y,
                                     int32_t rows, void *scratch)
{
    const mw_three_layer l = {p, taps, scales, rescale};
    mw_three_rows(&l, x, y, rows, scratch);
}
