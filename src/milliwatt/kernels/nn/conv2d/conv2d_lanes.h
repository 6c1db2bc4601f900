/* Convolution for cores whose multiplier gives 32 bits a time: two output pixels in one register.
 *
 * An input of pixel b stands 2^16 above that of pixel a, so that one product by a weight serves both:
 *
 *     p = sum over two taps of (a + 2^16 b) w = (sum of a w) + 2^16 (sum of b w)
 *
 * With |w| <= 127 the lower sum is within +-32512. Half of 2^16 added, the upper sum is p >> 16, exactly;
 * all of those added up give the sum of b, and from all p together, modulo 2^32, follows the sum of a.
 *
 * Filters come in fours, tap by tap: [blocks, taps rounded up to 2, 4], filled up with zeros.
 */
#ifndef MW_CONV2D_LANES_H
#define MW_CONV2D_LANES_H

#include "conv2d.h"
#include "memory.h"
#include "rescale.h"

enum { MW_FILTERS = 4, MW_LANE_TAPS = 2 };

/* Sums of two pixels by the four filters of a block. */
typedef struct {
    int32_t a[MW_FILTERS], b[MW_FILTERS];
} mw_lane_sums;

/* Return the inputs of tap (i, j) of the window at column `left`: outside the image, zero points. */
static inline const int8_t *mw_lane_tap(const mw_conv2d_params *p, const int8_t *row, int32_t left,
                                        int32_t j, const int8_t *outside)
{
    const int32_t at = left + j * p->dilation_w;
    return at < 0 || at >= p->w ? outside : row + at * p->c;
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

/* Widen the inputs of the windows at columns `left` and `left + step`; the taps of a row that lies
 * within the image are next to each other. */
static inline void mw_lane_gather(const mw_conv2d_params *p, const void *const *rows, int32_t left,
                                  int32_t step, const int8_t *outside, int32_t *to)
{
    const int32_t last = left + (p->kw - 1) * p->dilation_w + step;
    const int32_t whole = p->dilation_w == 1 && left >= 0 && last < p->w;
    const int32_t runs = whole ? 1 : p->kw, run = whole ? p->kw * p->c : p->c;
    for (int32_t i = 0; i < p->kh; i++) {
        const int8_t *row = rows[i * p->dilation_h];
        for (int32_t j = 0; j < runs; j++) {
            const int8_t *a = mw_lane_tap(p, row, left, j, outside);
            const int8_t *b = mw_lane_tap(p, row, left + step, j, outside);
            to = mw_lane_merge(to, a, b, run);
        }
    }
    *to = 0; /* there is room for one more tap, which only an odd number of them reads */
}

static inline uint32_t mw_lane_product(const int32_t *x, const int8_t *w, uint32_t start)
{
    return start + (uint32_t)(x[0] * w[0]) + (uint32_t)(x[1] * w[MW_FILTERS]);
}

static inline uint32_t mw_lane_upper(uint32_t p) { return (uint32_t)((int32_t)p >> 16); }

/* all: of p; upper: of p >> 16; halves: how many p. */
static inline void mw_lane_split(uint32_t all, uint32_t upper, int32_t halves, int32_t bias, int32_t *a,
                                 int32_t *b)
{
    const uint32_t start = (uint32_t)bias;
    *a = (int32_t)(start + all - ((uint32_t)halves << 15) - (upper << 16));
    *b = (int32_t)(start + upper);
}

/* Two filters, first and the next. */
static inline void mw_lane_two(const int32_t *x, const int8_t *w, int32_t halves, const int32_t *bias,
                               int32_t *a, int32_t *b)
{
    uint32_t all0 = 0, all1 = 0, upper0 = 0, upper1 = 0;
    const int8_t *const end = w + halves * MW_LANE_TAPS * MW_FILTERS;
    do {
        const uint32_t p0 = mw_lane_product(x, w, 0x8000), p1 = mw_lane_product(x, w + 1, 0x8000);
        all0 += p0;
        upper0 += mw_lane_upper(p0);
        all1 += p1;
        upper1 += mw_lane_upper(p1);
        x += MW_LANE_TAPS;
        w += MW_LANE_TAPS * MW_FILTERS;
    } while (w != end);
    mw_lane_split(all0, upper0, halves, bias[0], a, b);
    mw_lane_split(all1, upper1, halves, bias[1], a + 1, b + 1);
}

/* One pixel, in the lower lane, by a block of filters. */
static inline void mw_lane_one(const int32_t *x, const int8_t *w, int32_t halves, const int32_t *bias,
                               int32_t *sums)
{
    uint32_t s0 = (uint32_t)bias[0], s1 = (uint32_t)bias[1];
    uint32_t s2 = (uint32_t)bias[2], s3 = (uint32_t)bias[3];
    const int32_t *const end = x + halves * MW_LANE_TAPS;
    do {
        s0 += (uint32_t)(x[0] * w[0]);
        s1 += (uint32_t)(x[0] * w[1]);
        s2 += (uint32_t)(x[0] * w[2]);
        s3 += (uint32_t)(x[0] * w[3]);
        s0 += (uint32_t)(x[1] * w[4]);
        s1 += (uint32_t)(x[1] * w[5]);
        s2 += (uint32_t)(x[1] * w[6]);
        s3 += (uint32_t)(x[1] * w[7]);
        x += MW_LANE_TAPS;
        w += MW_LANE_TAPS * MW_FILTERS;
    } while (x != end);
    sums[0] = (int32_t)s0;
    sums[1] = (int32_t)s1;
    sums[2] = (int32_t)s2;
    sums[3] = (int32_t)s3;
}

#endif
