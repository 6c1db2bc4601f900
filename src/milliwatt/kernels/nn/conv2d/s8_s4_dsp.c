/* Convolution with weights of 4 bits, two pixels by two output channels at a time: see
 * isa_dsp_int4.h. Weights are 8 too large, which adds the same to every output of a pixel: 8 times
 * the sum of its inputs. */
#include "conv2d.h"

#include "conv2d_gather.h"
#include "isa_dsp_int4.h"

enum { PIXELS = 2 };

typedef struct {
    const mw_conv2d_params *p;
    const int32_t *weights, *bias, *multiplier;
    const int8_t *shift;
    int32_t words;     /* of a filter, eight inputs each */
    const uint32_t *x; /* inputs of both pixels, widened, by turns */
} layer;

/* A pixel: what the sum of its inputs adds to each output, and where its outputs go. */
typedef struct {
    int32_t excess;
    int8_t *out;
} pixel;

static void finish(const layer *l, const pixel *a, int32_t o, int32_t acc)
{
    const int32_t sum = mw_add_wrap(acc, (int32_t)(0u - (uint32_t)a->excess));
    const int32_t v = mw_requantize(sum, l->multiplier[o], l->shift[o]) + l->p->zero_y;
    a->out[o] = (int8_t)mw_clamp(v, l->p->low, l->p->high);
}

/* One output of pixel `which`: what pairs leave over. */
static __attribute__((noinline)) void single(const layer *l, const pixel *both, int32_t which,
                                             int32_t o)
{
    const int32_t *w = l->weights + o * l->words;
    const uint32_t *x = l->x + which;
    int32_t acc = l->bias[o];
    for (const int32_t *const end = w + l->words; w < end; w++, x += 4 * PIXELS) {
        acc = mw_int4_mla8(x, PIXELS, *w, acc);
    }
    finish(l, both + which, o, acc);
}

static __attribute__((noinline)) void two_pixels(const layer *l, const pixel both[PIXELS])
{
    int32_t o = 0;
    for (; o + 2 <= l->p->c_out; o += 2) {
        int32_t sums[MW_INT4_SUMS] = {l->bias[o], l->bias[o], l->bias[o + 1], l->bias[o + 1]};
        mw_int4_block(l->weights + o * l->words, l->x, l->words, sums);
        finish(l, both, o, sums[0]);
        finish(l, both + 1, o, sums[1]);
        finish(l, both, o + 1, sums[2]);
        finish(l, both + 1, o + 1, sums[3]);
    }
    if (o < l->p->c_out) {
        single(l, both, 0, o);
        single(l, both, 1, o);
    }
}

void mw_conv2d_s8_s4_dsp(const mw_conv2d_params *p, const void *const *x, const int32_t *weights,
                         const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                         void *const *y, int32_t rows, void *scratch)
{
    const int32_t depth = p->kh * p->kw * p->c;
    const int32_t words = (depth + MW_INT4_TAPS - 1) / MW_INT4_TAPS;
    uint32_t *const wide = scratch;
    const layer l = {p, weights, bias, multiplier, shift, words, wide};
    int8_t *const room = (int8_t *)(wide + 4 * PIXELS * words);
    pixel both[PIXELS];
    int32_t waiting = 0; /* whether a pixel waits in the first place for its partner */
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t j = 0; j < p->ow; j++) {
            const int32_t left = j * p->stride_w - p->pad_left;
            const int8_t *from = mw_pixel_input(p, x + r * p->stride_h, left, room);
            both[waiting].excess = mw_int4_widen(from, depth, wide + waiting, PIXELS);
            both[waiting].out = (int8_t *)y[r] + j * p->c_out;
            if (waiting) {
                two_pixels(&l, both);
            }
            waiting = !waiting;
        }
    }
    if (waiting) {
        for (int32_t o = 0; o < p->c_out; o++) {
            single(&l, both, 0, o);
        }
    }
}
