/* Depthwise 3x3: four channels of a strip of columns are widened once, then each channel runs along
 * them, several output pixels at a time.
 *
 * Weights are taken 256 times as large, which costs nothing where their bytes are laid out for it
 * and makes requantisation short. With |acc| below 2^22 and a zero point of -128, as activations
 * that cut off what is below 0.0 have it, sums below zero saturate, so that only the others must be
 * rounded as the reference does:
 *
 *     y = -128 + floor((floor((acc * multiplier + 2^30) / 2^31) + 2^(right-1)) / 2^right)
 *       = floor((256 * acc * multiplier / 2^32 + 2^6 - 255 * 2^(right+6)) / 2^(right+7))
 *
 * because floors compose. The shift of a record is right + 6.
 */
#ifndef MW_DEPTHWISE_CONV2D_3X3_H
#define MW_DEPTHWISE_CONV2D_3X3_H

#include "depthwise_conv2d.h"

#include "isa_dsp_3x3.h"

enum { STRIP = 12 /* output pixels */ };

/* Computes the channels of run from x on. */
typedef void channels_function(mw_run *run, const mw_column *x);

/* What of a strip's columns lies in the image. */
typedef struct {
    int32_t first;                 /* pixel of the first column that is inside */
    int32_t before, inside, after; /* columns */
} extent;

static inline extent columns_of(const mw_depthwise_conv2d_params *p, int32_t left, int32_t columns)
{
    extent e = {left, 0, columns, 0};
    if (left < 0) {
        e.first = 0;
        e.before = -left < columns ? -left : columns;
    }
    e.inside = p->w - e.first < columns - e.before ? p->w - e.first : columns - e.before;
    e.inside = e.inside > 0 ? e.inside : 0;
    e.after = columns - e.before - e.inside;
    return e;
}

/* Columns that read the zero point. */
static inline void fill_columns(mw_column *to, int32_t zero_x, int32_t count)
{
    const uint32_t zero = (uint32_t)zero_x & 0xFFFFu;
    for (count *= MW_LANES; count > 0; count = mw_opaque(count - 1)) {
        *to++ = (mw_column){zero << 16 | zero, zero};
    }
}

/* All channels of `count` output pixels from pixel j on. The last four channels are widened with
 * some of those before, which are not computed twice. */
static inline void strip(const mw_depthwise_conv2d_params *p, channels_function *windows,
                         const void *const *rows, const mw_channel *ch, int8_t *y, int32_t j,
                         int32_t count, mw_column *columns)
{
    const extent e = columns_of(p, j * p->stride_w - p->pad_left, (count - 1) * p->stride_w + 3);
    const int32_t c = p->c, bytes = count * p->stride_w * (int32_t)(MW_LANES * sizeof *columns);
    mw_run run = {ch, y + j * c, c, columns, columns + MW_LANES, bytes, 0, 0, 0};
    mw_column *const inside = columns + MW_LANES * e.before;
    const int8_t *a = (const int8_t *)rows[0] + e.first * c;
    const intptr_t to_b = (intptr_t)rows[1] - (intptr_t)rows[0];
    const intptr_t to_c = (intptr_t)rows[2] - (intptr_t)rows[0];
    fill_columns(columns, p->zero_x, e.before);
    fill_columns(inside + MW_LANES * e.inside, p->zero_x, e.after);
    for (int32_t left = c;;) {
        if (e.inside > 0) {
            mw_widen_columns(inside, a, to_b, to_c, c, e.inside);
        }
        windows(&run, left < MW_LANES ? columns + MW_LANES - left : columns);
        left -= MW_LANES;
        if (left <= 0) {
            break;
        }
        a += left < MW_LANES ? left : MW_LANES;
    }
}

#endif
