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
    uint32_t sum = 0;
    for (int32_t i = 0; i < k; i++) {
        sum += (uint32_t)x[i];
    }
    return sum * 128;
}

/* Requantise `count` sums of outputs from o on; see isa_packed.h for what they hold. */
static inline void mw_packed_finish(const mw_packed_layer *l, const uint32_t *sums, uint32_t offset,
                                    int32_t o, int32_t count, int8_t *y)
{
    const mw_fully_connected_params *p = l->p;
    for (int32_t i = 0; i < count; i++) {
        const int32_t last = i % MW_PACKED == MW_PACKED - 1;
        const uint32_t excess = last ? 0 : offset + (sums[i + 1] << 8);
        const int32_t acc = (int32_t)((uint32_t)l->bias[o + i] + sums[i] - excess);
        const int32_t m = (o + i) * p->multiplier_step;
        const int32_t v = l->rescale(acc, l->multiplier + m, l->shift[m], p->zero_y);
        y[o + i] = (int8_t)mw_clamp(v, p->low, p->high);
    }
}

static inline void mw_packed_rows(const mw_packed_layer *l, const void *const *x, void *const *y,
                                  int32_t rows)
{
    const int32_t k = l->p->k, outputs = l->p->outputs;
    for (int32_t r = 0; r < rows; r++) {
        const uint32_t offset = mw_packed_offset(x[r], k);
        for (int32_t o = 0; o < outputs; o += 2 * MW_PACKED) {
            uint32_t sums[2 * MW_PACKED];
            const int32_t rest = outputs - o;
            if (rest > MW_PACKED) {
                mw_packed_eight(x[r], l->weights + o / MW_PACKED * k, k, sums);
            } else {
                mw_packed_four(x[r], l->weights + o / MW_PACKED * k, k, sums);
            }
            mw_packed_finish(l, sums, offset, o, rest < 2 * MW_PACKED ? rest : 2 * MW_PACKED, y[r]);
        }
    }
}

#endif
