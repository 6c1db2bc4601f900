/* Depthwise convolution, four channels at a time; requantisation by the upper words of products. */
#include "depthwise_conv2d_fours.h"

static inline int32_t rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero)
{
    return mw_rescale_high(acc, *(const int32_t *)multiplier, shift, zero);
}

void mw_depthwise_conv2d_s8_many(const mw_depthwise_conv2d_params *p, const void *const *x,
                                 const int8_t *weights, const int32_t *scales,
                                 const int8_t *shift, void *const *y, int32_t rows,
                                 void *scratch)
{
    const mw_fours_layer l = {p, weights, scales, shift, rescale};
    mw_fours_rows(&l, x, y, rows, scratch);
}
