/* Fully connected layer on packed weights; requantisation by 32-bit products only. */
#include "fully_connected_packed.h"

static inline int32_t rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero)
{
    return mw_rescale_short(acc, multiplier, shift, zero);
}

void mw_fully_connected_s8_short(const mw_fully_connected_params *p, const void *const *x,
                                 const int32_t *weights, const int32_t *bias,
                                 const int32_t *multiplier, const int8_t *shift, void *const *y,
                                 int32_t rows, void *scratch)
{
    const mw_packed_layer l = {p, weights, bias, multiplier, shift, rescale};
    (void)scratch;
    mw_packed_rows(&l, x, y, rows);
}
