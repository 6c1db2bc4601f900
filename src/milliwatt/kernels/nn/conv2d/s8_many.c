/* Convolution for cores with many registers whose multiplier gives 32 bits a time: four output pixels by four
 * filters, two pixels in one register.
 *
 * An input of pixel b stands 2^16 above that of pixel a, so that one product by a weight serves both, and
 * products of three taps add up before they are taken apart:
 *
 *     p = sum over three taps of (a + 2^16 b) w = (sum of a w) + 2^16 (sum of b w)
 *
 * With |a| <= 128 the lower sum is within +-32640 if the three |w| together are at most 255. Taps are put in
 * an order in which that holds for all filters, three by three: see triples.py. Half of 2^16 added, the
 * upper sum is p >> 16, exactly; all of those added up give the sum of b, and from all p together, modulo
 * 2^32, follows the sum of a.
 *
 * Inputs go to the places of their taps when two pixels are set side by side. Places to which no tap goes
 * have weights of zero: what lies there does not count.
 */
#include "conv2d.h"
#include "fixed.h"
#include "isa_triples.h"
#include "memory.h"
#include "rescale.h"

enum { MW_PIXELS = 2 * MW_PAIRS };

/* Everything about a call that does not change from pixel to pixel. */
typedef struct {
    const mw_conv2d_params *p;
    const uint16_t *places; /* [kh, kw, c], bytes from the first */
    const int8_t *weights;  /* [blocks, steps, MW_TRIPLE, MW_FILTERS] */
    const int32_t *scales;  /* [c_out, 2]: bias and multiplier */
    const int8_t *shift;    /* [c_out] */
    int32_t steps;
} mw_many_layer;

/* Output pixels: the rows of their windows, and the columns where they begin. */
typedef struct {
    const void *const *rows[MW_PIXELS];
    int32_t left[MW_PIXELS];
    int8_t *y[MW_PIXELS];
} mw_many_pixels;

/* Return the inputs of tap (i, j) of a pixel: outside the image, zero points. */
static inline const int8_t *mw_many_tap(const mw_conv2d_params *p, const mw_many_pixels *pixels, int32_t k,
                                        int32_t i, int32_t j, const int8_t *outside)
{
    const int32_t at = pixels->left[k] + j * p->dilation_w;
    const int8_t *row = pixels->rows[k][i * p->dilation_h];
    return at < 0 || at >= p->w ? outside : row + at * p->c;
}

/* Tell whether the taps of a row lie next to each other, for all pixels. */
static inline int32_t mw_many_whole(const mw_conv2d_params *p, const mw_many_pixels *pixels)
{
    int32_t whole = p->dilation_w == 1;
    for (int32_t k = 0; k < MW_PIXELS; k++) {
        whole &= pixels->left[k] >= 0 && pixels->left[k] + p->kw <= p->w;
    }
    return whole;
}

/* Set one input of each pixel side by side. */
static inline void mw_many_place(int8_t *x, uint32_t place, int32_t a, int32_t b, int32_t c, int32_t d)
{
    int32_t *to = (void *)(x + place);
    to[0] = a + b * 65536;
    to[1] = c + d * 65536;
}

/* Set pixels side by side, count inputs of each, and return the next place. */
static inline const uint16_t *mw_many_merge(const int8_t *const from[MW_PIXELS], int32_t count,
                                            const uint16_t *place, int8_t *x)
{
    const int8_t *a = from[0], *b = from[1], *c = from[2], *d = from[3];
    for (; count >= 4; count -= 4, a += 4, b += 4, c += 4, d += 4, place += 4) {
        mw_many_place(x, place[0], a[0], b[0], c[0], d[0]);
        mw_many_place(x, place[1], a[1], b[1], c[1], d[1]);
        mw_many_place(x, place[2], a[2], b[2], c[2], d[2]);
        mw_many_place(x, place[3], a[3], b[3], c[3], d[3]);
    }
    for (; count > 0; count--) {
        mw_many_place(x, *place++, *a++, *b++, *c++, *d++);
    }
    return place;
}

/* Widen the inputs of the pixels. */
static void mw_many_gather(const mw_many_layer *l, const mw_many_pixels *pixels, const int8_t *outside,
                           int32_t *x)
{
    const mw_conv2d_params *p = l->p;
    const int32_t whole = mw_many_whole(p, pixels);
    const int32_t runs = whole ? 1 : p->kw, run = whole ? p->kw * p->c : p->c;
    const uint16_t *place = l->places;
    for (int32_t i = 0; i < p->kh; i++) {
        for (int32_t j = 0; j < runs; j++) {
            const int8_t *from[MW_PIXELS];
            for (int32_t k = 0; k < MW_PIXELS; k++) {
                from[k] = mw_many_tap(p, pixels, k, i, j, outside);
            }
            place = mw_many_merge(from, run, place, (int8_t *)x);
        }
    }
}

/* Two pairs of pixels by all filters. */
static inline void mw_many_four(const mw_many_layer *l, const int32_t *x, int8_t *const *y)
{
    const int32_t words = l->steps * MW_TRIPLE * MW_PAIRS;
    mw_triple_job job = {
        x, x + words, l->weights, l->scales, l->shift, l->p->zero_y, (uint32_t)l->steps << 15,
        l->p->c_out, {y[0], y[1], y[2], y[3]}};
    mw_triple_four(&job);
}

/* One pair of pixels, the first word of each two, by a block of filters. */
static inline void mw_many_pair(const int32_t *x, const int8_t *w, int32_t steps, mw_triple_sum *sums)
{
    mw_triple_sum s[MW_FILTERS] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    const int32_t *const end = x + steps * MW_TRIPLE * MW_PAIRS;
    do {
        const uint32_t x0 = (uint32_t)x[0], x1 = (uint32_t)x[2], x2 = (uint32_t)x[4];
        for (int32_t i = 0; i < MW_FILTERS; i++, w++) {
            const uint32_t p = 0x8000u + x0 * (uint32_t)w[0] + x1 * (uint32_t)w[MW_FILTERS] +
                               x2 * (uint32_t)w[2 * MW_FILTERS];
            s[i].all += p;
            s[i].upper += (uint32_t)((int32_t)p >> 16);
        }
        w += (MW_TRIPLE - 1) * MW_FILTERS;
        x += MW_TRIPLE * MW_PAIRS;
    } while (x != end);
    __builtin_memcpy(sums, s, sizeof s);
}

/* One pair of pixels by all filters. */
static inline void mw_many_two(const mw_many_layer *l, const int32_t *x, int8_t *const *y)
{
    const int32_t zero = l->p->zero_y, steps = l->steps;
    const uint32_t halves = (uint32_t)steps << 15;
    const int8_t *w = l->weights, *shift = l->shift;
    const int32_t *scale = l->scales;
    int8_t *ya = y[0], *yb = y[1], *const end = ya + l->p->c_out;
    while (ya != end) {
        mw_triple_sum sums[MW_FILTERS];
        const mw_triple_sum *sum = sums;
        int8_t *const stop = end - ya < MW_FILTERS ? end : ya + MW_FILTERS;
        mw_many_pair(x, w, steps, sums);
        w += steps * MW_TRIPLE * MW_FILTERS;
        do {
            const uint32_t bias = (uint32_t)scale[0];
            const int32_t a = (int32_t)(bias - halves + sum->all - (sum->upper << 16));
            const int32_t b = (int32_t)(bias + sum->upper);
            const int32_t result = mw_rescale_high(a, scale[1], *shift, zero);
            *yb++ = (int8_t)mw_rescale_high(b, scale[1], *shift++, zero);
            *ya++ = (int8_t)result;
            scale += 2;
            sum++;
        } while (ya != stop);
    }
}

/* One pixel, in both halves of the first word of each two, by a block of filters: the sums are those of the
 * pixel times 2^16 + 1. */
__attribute__((noinline)) static void mw_many_single(const int32_t *x, const int8_t *w, int32_t steps,
                                                     uint32_t *sums)
{
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    const int32_t *const end = x + steps * MW_TRIPLE * MW_PAIRS;
    do {
        for (int32_t i = 0; i < MW_TRIPLE; i++, x += MW_PAIRS, w += MW_FILTERS) {
            const uint32_t input = (uint32_t)*x;
            s0 += input * (uint32_t)w[0];
            s1 += input * (uint32_t)w[1];
            s2 += input * (uint32_t)w[2];
            s3 += input * (uint32_t)w[3];
        }
    } while (x != end);
    const uint32_t all[] = {s0, s1, s2, s3};
    __builtin_memcpy(sums, all, sizeof all);
}

/* One pixel by all filters. A sum less 2^16 times itself, modulo 2^32, is that of the pixel. */
static inline void mw_many_one(const mw_many_layer *l, const int32_t *x, int8_t *y)
{
    const int32_t zero = l->p->zero_y, steps = l->steps;
    const int8_t *w = l->weights, *shift = l->shift;
    const int32_t *scale = l->scales;
    int8_t *const end = y + l->p->c_out;
    while (y != end) {
        uint32_t sums[MW_FILTERS];
        const uint32_t *sum = sums;
        int8_t *const stop = end - y < MW_FILTERS ? end : y + MW_FILTERS;
        mw_many_single(x, w, steps, sums);
        w += steps * MW_TRIPLE * MW_FILTERS;
        do {
            const int32_t acc = (int32_t)((uint32_t)scale[0] + *sum - (*sum << 16));
            *y++ = (int8_t)mw_rescale_high(acc, scale[1], *shift++, zero);
            scale += 2;
            sum++;
        } while (y != stop);
    }
}

/* `count` pixels, at least one; the places of those missing are taken by the first. */
static void mw_many_compute(const mw_many_layer *l, mw_many_pixels *pixels, int32_t count,
                            const int8_t *outside, int32_t *x)
{
    for (int32_t k = count; k < MW_PIXELS; k++) {
        pixels->rows[k] = pixels->rows[0];
        pixels->left[k] = pixels->left[0];
        pixels->y[k] = pixels->y[0];
    }
    mw_many_gather(l, pixels, outside, x);
    if (count > 2) {
        mw_many_four(l, x, pixels->y);
    } else if (count == 2) {
        mw_many_two(l, x, pixels->y);
    } else {
        mw_many_one(l, x, pixels->y[0]);
    }
}

/* The clamp of an activation that is narrower than int8; most are not. */
static inline void mw_many_clip(const mw_conv2d_params *p, void *const *y, int32_t rows)
{
    for (int32_t r = 0; (p->low > INT8_MIN || p->high < INT8_MAX) && r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t i = 0; i < p->ow * p->c_out; i++) {
            out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
        }
    }
}

/* Pixels are taken as they come, across the ends of rows. */
void mw_conv2d_s8_many(const mw_conv2d_params *p, const void *const *x, const uint16_t *places,
                       const int8_t *weights, const int32_t *scales, const int8_t *shift,
                       const int32_t *steps, void *const *y, int32_t rows, void *scratch)
{
    const mw_many_layer l = {p, places, weights, scales, shift, *steps};
    int8_t *outside = (int8_t *)((int32_t *)scratch + l.steps * MW_TRIPLE * MW_PAIRS);
    mw_many_pixels pixels;
    int32_t count = 0;
    mw_fill_s8(outside, (int8_t)p->zero_x, p->c);
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        int32_t left = -p->pad_left;
        for (int32_t j = 0; j < p->ow; j++, left += p->stride_w, out += p->c_out) {
            pixels.rows[count] = x + r * p->stride_h;
            pixels.left[count] = left;
            pixels.y[count++] = out;
            if (count == MW_PIXELS) {
                mw_many_compute(&l, &pixels, count, outside, scratch);
                count = 0;
            }
        }
    }
    if (count > 0) {
        mw_many_compute(&l, &pixels, count, outside, scratch);
    }
    mw_many_clip(p, y, rows);
}
