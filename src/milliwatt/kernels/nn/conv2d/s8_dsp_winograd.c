/* 3x3 convolution at stride 1 by exact integer Winograd F(2x2, 3x3).
 *
 * A tile of 4x4 inputs d gives 2x2 outputs, Y = A' [(G g G') . (B' d B)] A, with 16 products for each
 * pair of channels instead of 36:
 *
 *     B' = 1  0 -1  0      G = 1  0  0      A' = 1 1/2  1/2  0
 *          0  1  1  0          1  1  1           0 1/2 -1/2 -1
 *          0 -1  1  0          1 -1  1
 *          0  1  0 -1          0  0  1
 *
 * Everything is an integer: what A' halves is even, see winograd.py. Two tiles side by side share
 * the middle of their six columns.
 */
#include "conv2d.h"

#include "fixed.h"
#include "isa_dsp_winograd.h"
#include "requantize_short.h"

#define NOT_INLINED __attribute__((noinline))

enum { SIZE = 4, COLUMNS = 6, TILES = 2 };

/* Two tiles: where their rows begin, and where their pixels go (top left, top right, bottom …). */
typedef struct {
    const int8_t *rows[SIZE];
    int32_t pixel_bytes;
    int8_t *out[TILES][4];
} tiles;

/* Copy or, where `from` is null, fill pixels; their size is a multiple of four. */
static NOT_INLINED int8_t *lay(int8_t *to, const int8_t *from, int32_t value, int32_t bytes)
{
    const uint32_t four = (uint32_t)(uint8_t)value * 0x01010101u;
    for (int32_t i = 0; i < bytes; i += 4) {
        mw_store4(to + i, from ? mw_load4(from + i) : four);
    }
    return to + bytes;
}

/* Point at the inputs of two tiles; where the row does not have them all, copy them to `room`. */
static NOT_INLINED void find(const mw_conv2d_params *p, const void *const *x, int32_t left,
                             int8_t *room, tiles *at)
{
    const int32_t before = mw_clamp(-left, 0, COLUMNS) * p->c;
    const int32_t behind = mw_clamp(left + COLUMNS - p->w, 0, COLUMNS) * p->c;
    for (int32_t i = 0; i < SIZE; i++) {
        const int8_t *const row = (const int8_t *)x[i];
        if (before + behind == 0) {
            at->rows[i] = row + left * p->c;
            continue;
        }
        at->rows[i] = room;
        const int8_t *const from = row + (left * p->c + before);
        room = lay(room, 0, p->zero_x, before);
        room = lay(room, from, 0, COLUMNS * p->c - before - behind);
        room = lay(room, 0, p->zero_x, behind);
    }
}

/* B along one row of six columns, for both tiles. */
static inline void across(uint32_t *to, int32_t position, const uint32_t *t)
{
    for (int32_t i = 0; i < TILES; i++, to += 2, t += 2) {
        to[0] = mw_sub2(t[0], t[2]);
        to[position] = mw_add2(t[1], t[2]);
        to[2 * position] = mw_sub2(t[2], t[1]);
        to[3 * position] = mw_sub2(t[1], t[3]);
    }
}

/* B' d B for four channels of two tiles. */
static inline void transform_four(const tiles *at, int32_t channel, uint32_t *to, int32_t position)
{
    uint32_t even[COLUMNS], odd[COLUMNS], even_minus[COLUMNS], odd_minus[COLUMNS];
    for (int32_t j = 0, k = channel; j < COLUMNS; j++, k += at->pixel_bytes) {
        const uint32_t a = mw_load4(at->rows[1] + k), b = mw_load4(at->rows[2] + k);
        even[j] = mw_add2(mw_even(b), mw_even(a));
        odd[j] = mw_add2(mw_odd(b), mw_odd(a));
        even_minus[j] = mw_sub2(mw_even(b), mw_even(a));
        odd_minus[j] = mw_sub2(mw_odd(b), mw_odd(a));
    }
    across(to + 4 * position, position, even);
    across(to + 4 * position + 1, position, odd);
    across(to + 8 * position, position, even_minus);
    across(to + 8 * position + 1, position, odd_minus);
    for (int32_t i = 0; i < 2; i++, to += 12 * position) {
        for (int32_t j = 0, k = channel; j < COLUMNS; j++, k += at->pixel_bytes) {
            const uint32_t a = mw_load4(at->rows[i] + k), b = mw_load4(at->rows[i + 2] + k);
            even[j] = mw_sub2(mw_even(a), mw_even(b));
            odd[j] = mw_sub2(mw_odd(a), mw_odd(b));
        }
        across(to, position, even);
        across(to + 1, position, odd);
    }
}

static NOT_INLINED void transform(const tiles *at, int32_t channels, uint32_t *to)
{
    for (int32_t k = 0; k < channels; k += 4, to += 4) {
        transform_four(at, k, to, channels);
    }
}

/* How the sums of an output channel become int8. */
typedef struct {
    int32_t bias_times_4, multiplier, shift, offset;
} scaling;

/* A' along a column, or a row. */
static inline int32_t first(int32_t a, int32_t b, int32_t c) { return a + ((b + c) >> 1); }
static inline int32_t second(int32_t b, int32_t c, int32_t d) { return ((b - c) >> 1) - d; }

static inline int8_t requantized(int32_t sum, const scaling *by)
{
    return (int8_t)mw_requantize_short(sum, by->multiplier, by->shift, by->offset);
}

/* Write the four pixels of a tile, in one output channel, from its sums at 16 positions. */
static inline void finish(const int32_t *sums, const scaling *by, int8_t *const *out, int32_t o)
{
    int32_t top[SIZE], bottom[SIZE];
    for (int32_t j = 0; j < SIZE; j++) {
        const int32_t *const m = sums + 4 * j;
        const int32_t middle = j == 1 ? m[16] + by->bias_times_4 : m[16];
        top[j] = first(m[0], middle, m[32]);
        bottom[j] = second(middle, m[32], m[48]);
    }
    out[0][o] = requantized(first(top[0], top[1], top[2]), by);
    out[1][o] = requantized(second(top[1], top[2], top[3]), by);
    out[2][o] = requantized(first(bottom[0], bottom[1], bottom[2]), by);
    out[3][o] = requantized(second(bottom[1], bottom[2], bottom[3]), by);
}

/* Compute all output channels of two tiles. */
static NOT_INLINED void multiply(const mw_conv2d_params *p, const mw_winograd_block *block,
                                 const int32_t *filters, const tiles *at)
{
    for (int32_t o = 0; o < p->c_out; filters += 5) {
        filters = mw_winograd_dots(filters, block);
        const int32_t channels = o + 1 < p->c_out ? 2 : 1;
        for (int32_t i = 0; i < channels; i++, o++) {
            const int32_t shift = (filters[4] >> (8 * i)) & 0xFF;
            const scaling by = {.bias_times_4 = filters[i],
                                .multiplier = filters[2 + i],
                                .shift = shift,
                                .offset = mw_short_offset(p->zero_y, shift)};
            finish(block->sums + i, &by, at->out[0], o);
            finish(block->sums + i + 2, &by, at->out[1], o);
        }
    }
}

/* Where pixels go; what lies outside the output goes to `nowhere`. */
static void aim(tiles *at, int8_t *top, int8_t *bottom, int32_t pixels, int32_t c_out,
                int8_t *nowhere)
{
    for (int32_t t = 0; t < TILES; t++) {
        for (int32_t j = 0; j < 2; j++) {
            const int32_t pixel = 2 * t + j;
            const int inside = pixel < pixels;
            at->out[t][j] = inside ? top + pixel * c_out : nowhere;
            at->out[t][2 + j] = inside && bottom ? bottom + pixel * c_out : nowhere;
        }
    }
}

/* For activations that clamp within int8; requantisation has clamped to all of it. */
static void clamp_row(const mw_conv2d_params *p, int8_t *out)
{
    for (int32_t i = 0; i < p->ow * p->c_out; i++) {
        out[i] = (int8_t)mw_clamp(out[i], p->low, p->high);
    }
}

void mw_conv2d_s8_dsp_winograd(const mw_conv2d_params *p, const void *const *x,
                               const int32_t *filters, void *const *y, int32_t rows, void *scratch)
{
    uint32_t *const transformed = scratch;
    int8_t *const room = (int8_t *)(transformed + MW_POSITIONS * p->c);
    int32_t *const sums = (int32_t *)room; /* which has been read when they are written */
    int8_t *const nowhere = (int8_t *)(sums + 4 * MW_POSITIONS);
    const mw_winograd_block block = {
        .tiles = transformed, .sums = sums, .end = sums + 4 * MW_POSITIONS, .steps = p->c / 4};
    tiles at = {.pixel_bytes = p->c};
    for (int32_t r = 0; r < rows; r += 2) {
        const int two = r + 1 < rows; /* a lone row does not depend on the last of four */
        const void *const from[SIZE] = {x[r], x[r + 1], x[r + 2], x[two ? r + 3 : r + 2]};
        for (int32_t j = 0; j < p->ow; j += 2 * TILES) {
            find(p, from, j - p->pad_left, room, &at);
            transform(&at, p->c, transformed);
            aim(&at, (int8_t *)y[r] + j * p->c_out, two ? (int8_t *)y[r + 1] + j * p->c_out : 0,
                p->ow - j, p->c_out, nowhere);
            multiply(p, &block, filters, &at);
        }
    }
    if (p->low > -128 || p->high < 127) {
        for (int32_t r = 0; r < rows; r++) {
            clamp_row(p, y[r]);
        }
    }
}
