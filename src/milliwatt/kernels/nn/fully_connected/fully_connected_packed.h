/* Fully connected layer on weights packed four filters to a word: see isa_packed.h. */
#ifndef MW_FULLY_CONNECTED_PACKED_H
#define MW_FULLY_CONNECTED_PACKED_H

#include "fixed.h"
#include "fully_connected.h"
#include "isa_packed.h"
#include "rescale.h"

/* Requantisation of one sum; `multiplier` points at the channel's, which takes four bytes. */
typedef int32_t mw_packed_rescale(int32_t acc, const void *multiplier, int32_t shift, int32_t zero);

/* Everything about a call that does not change from row to row. */
typedef struct {
    const mw_fully_connected_params *p;
    const int32_t *weights, *bias, *multiplier;
    const int8_t *shift;
    mw_packed_rescale *rescale;
} mw_packed_layer;

/* 128 times the sum of all inputs */
static inline uint32_t mw_packed_offset(const int8_t *x, int32_t k)
{
    int32_t sum = 0;
    for (; k >= 4; k -= 4, x += 4) {
        sum += x[0] + x[1] + x[2] + x[3];
    }
    for (; k > 0; k--) {
        sum += *x++;
    }
    return (uint32_t)sum * 128;
}

/* Make the sums of four filters out of what isa_packed.h says they hold. */
static inline void mw_packed_split(uint32_t *sums, uint32_t offset)
{
    sums[0] -= offset + (sums[1] << 8);
    sums[1] -= offset + (sums[2] << 8);
    sums[2] -= offset + (sums[3] << 8);
}

static inline void mw_packed_row(const mw_packed_layer *l, const int8_t *x, int8_t *y)
{
    const mw_fully_connected_params *p = l->p;
    const int32_t k = p->k, step = p->multiplier_step, zero = p->zero_y;
    const uint32_t offset = mw_packed_offset(x, k);
    const int32_t *w = l->weights, *bias = l->bias, *multiplier = l->multiplier;
    const int8_t *shift = l->shift;
    int8_t *const end = y + p->outputs;
    while (y != end) {
        uint32_t sums[2 * MW_PACKED];
        const uint32_t *sum = sums;
        int8_t *const stop = end - y < 2 * MW_PACKED ? end : y + 2 * MW_PACKED;
        if (end - y > MW_PACKED) {
            mw_packed_eight(x, w, k, sums);
            mw_packed_split(sums + MW_PACKED, offset);
        } else {
            mw_packed_four(x, w, k, sums);
        }
        mw_packed_split(sums, offset);
        w += 2 * k;
        do {
            const int32_t acc = (int32_t)((uint32_t)*bias++ + *sum++);
            *y++ = (int8_t)l->rescale(acc, multiplier, *shift, zero);
            multiplier += step;
            shift += step;
        } while (y != stop);
    }
}

static inline void mw_packed_rows(const mw_packed_layer *l, const void *const *x, void *const *y,
                                  int32_t rows)
{
    const mw_fully_connected_params *p = l->p;
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        mw_packed_row(l, x[r], out);
        if (p->low > INT8_MIN || p->high < INT8_MAX) {
            for (int32_t o = 0; o < p->outputs; o++) {
                out[o] = (int8_t)mw_clamp(out[o], p->low, p->high);
            }
        }
    }
}

#endif
