/* Convolution for cores whose multiplier gives 32 bits a time: two output pixels in one register.
 *
 * An input of pixel b stands 2^16 above that of pixel a, so that one product by a weight serves both:
 *
 *     p = sum over two taps of (a + 2^16 b) w = (sum of a w) + 2^16 (sum of b w)
 *
 * With |w| <= 127 the lower sum is within +-32512. Half of 2^16 added, the upper sum is p >> 16, exactly;
 * all of those added up give the sum of b, and from all p together, modulo 2^32, follows the sum of a.
 *
 * Filters come in fours, tap by tap: [blocks, taps rounded up to 4, 4], filled up with zeros.
 */
#ifndef MW_CONV2D_LANES_H
#define MW_CONV2D_LANES_H

#include "conv2d.h"
#include "fixed.h"
#include "isa_lanes.h"
#include "memory.h"
#include "rescale.h"

/* Requantisation of one sum; `multiplier` points at the channel's, which takes four bytes. */
typedef int32_t mw_lane_rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero);

/* Everything about a call that does not change from pixel to pixel. */
typedef struct {
    const mw_conv2d_params *p;
    const int8_t *weights;
    const int32_t *scales; /* [blocks, MW_FILTERS, 2]: bias and multiplier, as `rescale` wants it */
    const int8_t *shift;   /* [c_out] */
    int32_t steps;         /* MW_LANE_STEP taps each */
    mw_lane_rescale *rescale;
} mw_lane_layer;

/* An output pixel: the rows of its window, and the column where it begins. */
typedef struct {
    const void *const *rows;
    int32_t left;
    int8_t *y;
} mw_lane_pixel;

/* Return the inputs of tap (i, j): outside the image, zero points. */
static inline const int8_t *mw_lane_tap(const mw_conv2d_params *p, const mw_lane_pixel *pixel, int32_t i,
                                        int32_t j, const int8_t *outside)
{
    const int32_t at = pixel->left + j * p->dilation_w;
    const int8_t *row = pixel->rows[i * p->dilation_h];
    return at < 0 || at >= p->w ? outside : row + at * p->c;
}

/* Tell whether the taps of a row lie next to each other. */
static inline int32_t mw_lane_whole(const mw_conv2d_params *p, const mw_lane_pixel *pixel)
{
    return p->dilation_w == 1 && pixel->left >= 0 && pixel->left + p->kw <= p->w;
}

/* Set two pixels side by side, count inputs of each. */
static inline int32_t *mw_lane_merge(int32_t *to, const int8_t *a, const int8_t *b, int32_t count)
{
    int32_t k = 0;
    for (; k + 4 <= count; k += 4, a += 4, b += 4, to += 4) {
        to[0] = a[0] + b[0] * 65536;
        to[1] = a[1] + b[1] * 65536;
        to[2] = a[2] + b[2] * 65536;
        to[3] = a[3] + b[3] * 65536;
    }
    for (; k < count; k++) {
        *to++ = *a++ + *b++ * 65536;
    }
    return to;
}

/* Widen the inputs of two pixels. */
static inline void mw_lane_gather(const mw_conv2d_params *p, const mw_lane_pixel *a,
                                  const mw_lane_pixel *b, const int8_t *outside, int32_t *to)
{
    const int32_t whole = mw_lane_whole(p, a) && mw_lane_whole(p, b);
    const int32_t runs = whole ? 1 : p->kw, run = whole ? p->kw * p->c : p->c;
    for (int32_t i = 0; i < p->kh; i++) {
        for (int32_t j = 0; j < runs; j++) {
            const int8_t *from_a = mw_lane_tap(p, a, i, j, outside);
            to = mw_lane_merge(to, from_a, mw_lane_tap(p, b, i, j, outside), run);
        }
    }
    for (int32_t k = p->kh * p->kw * p->c; k % MW_LANE_STEP; k++) {
        *to++ = 0;
    }
}

/* Two pixels by all filters. */
static inline void mw_lane_two(const mw_lane_layer *l, const int32_t *x, int8_t *ya, int8_t *yb)
{
    const int32_t zero = l->p->zero_y, steps = l->steps;
    const uint32_t halves = (uint32_t)steps << 16; /* 2^15 for each two taps */
    const int8_t *w = l->weights, *shift = l->shift;
    const int32_t *scale = l->scales;
    int8_t *const end = ya + l->p->c_out;
    while (ya != end) {
        mw_lane_sum sums[MW_FILTERS];
        const mw_lane_sum *sum = sums;
        int8_t *const stop = end - ya < MW_FILTERS ? end : ya + MW_FILTERS;
        mw_lane_block(x, w, steps, sums);
        w += steps * MW_LANE_STEP * MW_FILTERS;
        do {
            const uint32_t start = (uint32_t)scale[0];
            const int32_t a = (int32_t)(start - halves + sum->all - (sum->upper << 16));
            const int32_t b = (int32_t)(start + sum->upper);
            const int32_t result = l->rescale(a, scale + 1, *shift, zero);
            *yb++ = (int8_t)l->rescale(b, scale + 1, *shift++, zero);
            *ya++ = (int8_t)result;
            scale += 2;
            sum++;
        } while (ya != stop);
    }
}

/* One pixel, in both lanes, by a block of filters: the sums are those of the pixel times 2^16 + 1. */
static inline void mw_lane_single(const int32_t *x, const int8_t *w, int32_t steps, uint32_t *sums)
{
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    const int32_t *const end = x + steps * MW_LANE_STEP;
    do {
        for (int32_t i = 0; i < MW_LANE_STEP; i++, w += MW_FILTERS) {
            const int32_t v = *x++;
            s0 += (uint32_t)(v * w[0]);
            s1 += (uint32_t)(v * w[1]);
            s2 += (uint32_t)(v * w[2]);
            s3 += (uint32_t)(v * w[3]);
        }
    } while (x != end);
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

/* One pixel by all filters. A sum less 2^16 times itself, modulo 2^32, is that of the pixel. */
static inline void mw_lane_one(const mw_lane_layer *l, const int32_t *x, int8_t *y)
{
    const int32_t zero = l->p->zero_y;
    const int8_t *w = l->weights, *shift = l->shift;
    const int32_t *scale = l->scales;
    int8_t *const end = y + l->p->c_out;
    while (y != end) {
        uint32_t sums[MW_FILTERS];
        const uint32_t *sum = sums;
        int8_t *const stop = end - y < MW_FILTERS ? end : y + MW_FILTERS;
        mw_lane_single(x, w, l->steps, sums);
        w += l->steps * MW_LANE_STEP * MW_FILTERS;
        do {
            const int32_t acc = (int32_t)((uint32_t)scale[0] + *sum - (*sum << 16));
            *y++ = (int8_t)l->rescale(acc, scale + 1, *shift++, zero);
            scale += 2;
            sum++;
        } while (y != stop);
    }
}

/* The clamp of an activation that is narrower than int8; most are not. */
static inline void mw_lane_clip(const mw_conv2d_params *p, void *const *y, int32_t rows)
{
    for (int32_t r = 0; (p->low > INT8_MIN || p->high < INT8_MAX) && r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t i = 0; i < p->ow * p->c_out; i++) {
            out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
        }
    }
}

/* Pixels are paired as they come, across the ends of rows. scratch: the widened inputs, then a pixel of
 * zero points. */
static inline void mw_lane_rows(const mw_lane_layer *l, const void *const *x, void *const *y, int32_t rows,
                                int32_t *scratch)
{
    const mw_conv2d_params *p = l->p;
    int8_t *outside = (int8_t *)(scratch + l->steps * MW_LANE_STEP);
    mw_lane_pixel pair[2];
    int32_t waiting = 0;
    mw_fill_s8(outside, (int8_t)p->zero_x, p->c);
    for (int32_t r = 0; r < rows; r++) {
        mw_lane_pixel pixel = {x + r * p->stride_h, -p->pad_left, y[r]};
        for (int32_t j = 0; j < p->ow; j++, pixel.left += p->stride_w, pixel.y += p->c_out) {
            pair[waiting] = pixel;
            waiting ^= 1;
            if (!waiting) {
                mw_lane_gather(p, &pair[0], &pair[1], outside, scratch);
                mw_lane_two(l, scratch, pair[0].y, pair[1].y);
            }
        }
    }
    if (waiting) {
        mw_lane_gather(p, &pair[0], &pair[0], outside, scratch);
        mw_lane_one(l, scratch, pair[0].y);
    }
    mw_lane_clip(p, y, rows);
}

#endif
