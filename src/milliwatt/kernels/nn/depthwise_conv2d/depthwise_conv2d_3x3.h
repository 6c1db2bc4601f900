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
static inline void strip(const mw_depthwise_conv2d_params *p, enum mw_blocks blocks,
                         const void *const *rows, const mw_channel *ch, int8_t *y, int32_t j,
                         int32_t count, mw_column *columns)
{
    const extent e = columns_of(p, j * p->stride_w - p->pad_left, (count - 1) * p->stride_w + 3);
    mw_column *const inside = columns + MW_LANES * e.before;
    fill_columns(columns, p->zero_x, e.before);
    fill_columns(inside + MW_LANES * e.inside, p->zero_x, e.after);
    mw_run run;
    run.ch = ch;
    run.y = y + j * p->c;
    run.step = p->c;
    run.end = columns + MW_LANES;
    run.bytes = count * p->stride_w * (int32_t)(MW_LANES * sizeof *columns);
    run.a = (const int8_t *)rows[0] + e.first * p->c;
    run.to_b = (intptr_t)rows[1] - (intptr_t)rows[0];
    run.to_c = (intptr_t)rows[2] - (intptr_t)rows[0];
    run.inside = inside;
    run.count = e.inside;
    run.columns = columns;
    run.left = p->c;
    run.blocks = (int32_t)blocks;
    mw_strip(&run);
}

#endif
