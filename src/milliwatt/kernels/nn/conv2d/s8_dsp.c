/* Convolution, two pixels by two output channels at a time.
 *
 * The inputs of two pixels are widened to int16 once, even and odd bytes of each word apart, which is
 * how the filters unpack; then the inner loop is loads, unpacking of the filters and dual
 * multiply-accumulates. Filters come padded with zeros to a multiple of four inputs.
 */
#include "conv2d.h"

#include "fixed.h"
#include "conv2d_gather.h"
#include "isa_dsp.h"

/* Everything about a call that does not change from pixel to pixel. */
typedef struct {
    const mw_conv2d_params *p;
    const int8_t *weights;
    const int32_t *bias, *multiplier, *shift;
    int32_t words; /* of a filter, four inputs each */
} layer;

/* Widen depth int8 to pairs of int16: bytes 0 and 2, then 1 and 3, of each word. */
static void widen(const int8_t *from, int32_t depth, uint32_t *to)
{
    int32_t k = 0;
    for (; k + 4 <= depth; k += 4) {
        const uint32_t v = mw_load4(from + k);
        *to++ = mw_even(v);
        *to++ = mw_odd(v);
    }
    if (k < depth) {
        int8_t last[4] = {0, 0, 0, 0};
        for (int32_t i = 0; k + i < depth; i++) {
            last[i] = from[k + i];
        }
        const uint32_t v = mw_load4(last);
        *to++ = mw_even(v);
        *to = mw_odd(v);
    }
}

static int8_t finish(const layer *l, int32_t acc, int32_t o)
{
    const int32_t v = mw_requantize(acc, l->multiplier[o], l->shift[o]) + l->p->zero_y;
    return (int8_t)mw_clamp(v, l->p->low, l->p->high);
}

/* Two pixels, a and b, by two channels from o. */
static void two_by_two(const layer *l, const uint32_t *a, const uint32_t *b, int32_t o, int8_t *ya,
                       int8_t *yb)
{
    const int8_t *w = l->weights + o * l->words * 4;
    const int8_t *v = w + l->words * 4;
    const int8_t *const end = v;
    int32_t a0 = l->bias[o], a1 = l->bias[o + 1], b0 = a0, b1 = a1;
    while (w < end) {
        const uint32_t filter0 = mw_load4(w), filter1 = mw_load4(v);
        const uint32_t even0 = mw_even(filter0), odd0 = mw_odd(filter0);
        const uint32_t even1 = mw_even(filter1), odd1 = mw_odd(filter1);
        a0 = mw_mla2(a[1], odd0, mw_mla2(a[0], even0, a0));
        a1 = mw_mla2(a[1], odd1, mw_mla2(a[0], even1, a1));
        b0 = mw_mla2(b[1], odd0, mw_mla2(b[0], even0, b0));
        b1 = mw_mla2(b[1], odd1, mw_mla2(b[0], even1, b1));
        w += 4;
        v += 4;
        a += 2;
        b += 2;
    }
    ya[o] = finish(l, a0, o);
    ya[o + 1] = finish(l, a1, o + 1);
    yb[o] = finish(l, b0, o);
    yb[o + 1] = finish(l, b1, o + 1);
}

/* One pixel by one channel: what pairs leave over. */
static int8_t one_by_one(const layer *l, const uint32_t *a, int32_t o)
{
    const int8_t *w = l->weights + o * l->words * 4;
    int32_t acc = l->bias[o];
    for (int32_t k = 0; k < l->words; k++, w += 4, a += 2) {
        const uint32_t filter = mw_load4(w);
        acc = mw_mla2(a[1], mw_odd(filter), mw_mla2(a[0], mw_even(filter), acc));
    }
    return finish(l, acc, o);
}

static void two_pixels(const layer *l, const uint32_t *a, const uint32_t *b, int8_t *ya, int8_t *yb)
{
    int32_t o = 0;
    for (; o + 2 <= l->p->c_out; o += 2) {
        two_by_two(l, a, b, o, ya, yb);
    }
    if (o < l->p->c_out) {
        ya[o] = one_by_one(l, a, o);
        yb[o] = one_by_one(l, b, o);
    }
}

void mw_conv2d_s8_dsp(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                      const int32_t *bias, const int32_t *multiplier, const int32_t *shift,
                      void *const *y, int32_t rows, void *scratch)
{
    const int32_t depth = p->kh * p->kw * p->c;
    const layer l = {p, weights, bias, multiplier, shift, (depth + 3) / 4};
    uint32_t *const first = scratch, *const second = first + 2 * l.words;
    int8_t *const room = (int8_t *)(second + 2 * l.words);
    int8_t *waiting = 0; /* output of the pixel in `first`, if one waits there for its partner */
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++, out += p->c_out) {
            const int32_t left = j * p->stride_w - p->pad_left;
            const int8_t *pixel = mw_pixel_input(p, x + r * p->stride_h, left, room);
            widen(pixel, depth, waiting ? second : first);
            if (waiting) {
                two_pixels(&l, first, second, waiting, out);
                waiting = 0;
            } else {
                waiting = out;
            }
        }
    }
    if (waiting) {
        for (int32_t o = 0; o < p->c_out; o++) {
            waiting[o] = one_by_one(&l, first, o);
        }
    }
}
