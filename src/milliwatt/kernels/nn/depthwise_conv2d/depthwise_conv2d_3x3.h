/* Depthwise 3x3 at a compile-time stride: four channels of a strip of columns are widened once, then
 * each channel runs along them, several output pixels at a time.
 *
 * Weights are taken 256 times as large, which costs nothing where their bytes are laid out for it and
 * makes requantisation short. With acc below 2^22 and a zero point of -128, as activations that cut
 * below 0.0 have it, a result below that saturates, so that only sums above zero need to be rounded
 * right:
 *
 *     y + 1/2 step = floor((floor((acc * multiplier + 2^30) / 2^31) + 2^(right-1)) / 2^right)
 *                  = floor((256 * acc * multiplier / 2^32 + 2^6 + 2^(right+6)) / 2^(right+7))
 *
 * because floors compose. The zero point joins in as -128 * 2^(right+7).
 */
#ifndef MW_DEPTHWISE_CONV2D_3X3_H
#define MW_DEPTHWISE_CONV2D_3X3_H

#include "depthwise_conv2d.h"

#include "isa_dsp_3x3.h"

enum {
    STRIP = 12,        /* output pixels */
    RECORD = 10        /* bytes: weights 00 01 10 11 02 20 12 21 22, then right + 6 */
};

/* One channel: weights of the upper two taps of each column, of the lower ones, and the rest. */
typedef struct {
    uint32_t upper0, upper1, upper2, lower01, lower2;
    int32_t bias, multiplier, shift, offset;
} channel;

static inline channel open_channel(const int8_t *taps, const int32_t *scales)
{
    const uint32_t odd = 0xFF00FF00u;
    const uint32_t a = mw_load4(taps), b = mw_load4(taps + 4);
    channel ch = {a << 8 & odd, a & odd, b << 8 & odd, b & odd, (uint32_t)taps[8] << 8,
                  scales[0], scales[1], taps[9], 0};
    ch.offset = 64 - (int32_t)(255u << ch.shift);
    return ch;
}

/* Add column `at` of a window. */
static inline int32_t add_column(int32_t acc, mw_column x, const channel *ch, int32_t at)
{
    if (at == 0) {
        return mw_mla_low(x.lower, ch->lower01, mw_mla2(x.upper, ch->upper0, acc));
    }
    if (at == 1) {
        return mw_mla_low_by_high(x.lower, ch->lower01, mw_mla2(x.upper, ch->upper1, acc));
    }
    return mw_mla_low(x.lower, ch->lower2, mw_mla2(x.upper, ch->upper2, acc));
}

/* `pixels` (at most 5) output pixels of a channel, from columns 4 apart. */
static inline __attribute__((always_inline)) void
pixels_of(int32_t pixels, int32_t stride, const mw_column *x, const channel *ch, int8_t *out,
          int32_t step)
{
    int32_t acc[5];
    for (int32_t i = 0; i < pixels; i++) {
        acc[i] = ch->bias;
    }
    for (int32_t j = 0; j < (pixels - 1) * stride + 3; j++) {
        const mw_column column = x[4 * j];
        for (int32_t i = 0; i < pixels; i++) {
            if (j >= i * stride && j < i * stride + 3) {
                acc[i] = add_column(acc[i], column, ch, j - i * stride);
            }
        }
    }
    for (int32_t i = 0; i < pixels; i++) {
        const int32_t v = mw_mla_high_word_down(acc[i], ch->multiplier, ch->offset);
        out[i * step] = (int8_t)mw_saturate8(v >> ch->shift >> 1);
    }
}

/* One channel of a strip of at least 3 output pixels; the last three may overlap those before. */
static inline __attribute__((always_inline)) void
channel_of_strip(int32_t stride, const mw_column *x, const int8_t *taps, const int32_t *scales,
                 int8_t *out, int32_t step, int32_t count)
{
    const channel ch = open_channel(taps, scales);
    for (int32_t i = 0; i < count;) {
        const int32_t left = count - i;
        if (stride == 1 && left >= 5 && left % 3 != 0) {
            pixels_of(5, stride, x + 4 * i, &ch, out + i * step, step);
            i += 5;
        } else {
            i = left < 3 ? count - 3 : i;
            pixels_of(3, stride, x + 4 * stride * i, &ch, out + i * step, step);
            i += 3;
        }
    }
}

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

/* Columns that read the zero point, of four channels. */
static inline void fill_columns(mw_column *to, int32_t zero_x, int32_t count)
{
    const uint32_t zero = (uint32_t)zero_x & 0xFFFFu;
    for (const mw_column *end = to + 4 * count; to < end; to++) {
        *to = (mw_column){zero << 16 | zero, zero};
    }
}

typedef void channel_function(const mw_column *x, const int8_t *taps, const int32_t *scales,
                              int8_t *out, int32_t step, int32_t count);

/* All channels of `count` output pixels from pixel j on. The last four channels may overlap those before,
 * which are not computed twice. */
static inline void strip(const mw_depthwise_conv2d_params *p, channel_function *run,
                         const void *const *rows, const int8_t *taps, const int32_t *scales,
                         int8_t *out, int32_t j, int32_t count, mw_column *columns)
{
    const extent e = columns_of(p, j * p->stride_w - p->pad_left, (count - 1) * p->stride_w + 3);
    mw_column *const inside = columns + 4 * e.before;
    fill_columns(columns, p->zero_x, e.before);
    fill_columns(inside + 4 * e.inside, p->zero_x, e.after);
    for (int32_t done = 0; done < p->c;) {
        const int32_t base = done < p->c - 4 ? done : p->c - 4;
        const int32_t at = e.first * p->c + base;
        if (e.inside > 0) {
            mw_widen_columns(inside, (const int8_t *)rows[0] + at, (const int8_t *)rows[1] + at,
                             (const int8_t *)rows[2] + at, p->c, e.inside);
        }
        for (; done < base + 4; done++, taps += RECORD, scales += 2) {
            run(columns + (done - base), taps, scales, out + j * p->c + done, p->c, count);
        }
    }
}

/* All rows, in strips; `run` is channel_of_strip at the stride of p. */
static inline void rows_of(const mw_depthwise_conv2d_params *p, channel_function *run,
                           const void *const *x, const int8_t *taps, const int32_t *scales,
                           void *const *y, int32_t rows, void *scratch)
{
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t j = 0; j < p->ow;) {
            const int32_t left = p->ow - j;
            j = left < 3 ? p->ow - 3 : j;
            const int32_t count = p->ow - j < STRIP ? p->ow - j : STRIP;
            strip(p, run, x + r * p->stride_h, taps, scales, y[r], j, count, scratch);
            j += count;
        }
    }
}

#endif
