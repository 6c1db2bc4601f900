/* Depthwise convolution by 3x3 windows, for cores with many registers: a row of one channel at a time, whose
 * filter stays in registers. A column of three inputs is loaded once, and multiplied for all outputs whose
 * windows it is in:
 *
 *     output j  =  ending + column j + 2 by the right of the filter
 *     ending    <- begun + column j + 2 by its middle
 *     begun     <- bias + column j + 2 by its left
 *
 * At a stride of 2 neighbours share every other column. Columns outside the image are zero points.
 */
#include "depthwise_conv2d.h"
#include "isa_columns_3x3.h"

enum { MW_TAPS = 9 };

static inline void mw_columns_clip(const mw_depthwise_conv2d_params *p, int8_t *out)
{
    if (p->low > INT8_MIN || p->high < INT8_MAX) {
        for (int32_t i = 0; i < p->ow * p->c; i++) {
            out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
        }
    }
}

void mw_depthwise_conv2d_s8_many_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                     const int8_t *taps, const int32_t *scales, void *const *y,
                                     int32_t rows, void *scratch)
{
    const int32_t c = p->c, size = p->ow * c, columns = (p->ow - 1) * p->stride_w + 3;
    const int8_t *last = taps + c * (MW_TAPS + 1);
    (void)scratch;
    for (int32_t r = 0; r < rows; r++, x += p->stride_h) {
        int8_t *out = y[r];
        mw_columns_row row = {
            {x[0], x[1], x[2]}, -p->pad_left * c, c,         p->w * c,         p->zero_x, p->zero_y, taps, last,
            scales,             out,              out + size, 1 - size, 1 - columns * c, p->stride_w};
        mw_columns_3x3(&row);
        mw_columns_clip(p, out);
    }
}
