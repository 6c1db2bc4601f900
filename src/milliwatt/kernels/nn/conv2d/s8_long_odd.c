/* Convolution, two pixels in a register, for rows of a few pixels and one: as s8_long.c, but called for
 * two rows at a time, of which none is left over. */
#include "conv2d_lanes.h"

static inline int32_t rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero)
{
    return mw_rescale_long(acc, *(const int32_t *)multiplier, shift, zero);
}

void mw_conv2d_s8_long_odd(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                           const int32_t *scales, const int8_t *shift, void *const *y, int32_t rows,
                           void *scratch)
{
    const int32_t steps = (p->kh * p->kw * p->c + MW_LANE_STEP - 1) / MW_LANE_STEP;
    const mw_lane_layer l = {p, weights, scales, shift, steps, rescale};
    mw_lane_rows(&l, x, y, rows, scratch);
}
