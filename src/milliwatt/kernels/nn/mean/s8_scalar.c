/* Mean over rows, and over axes within a row where asked for, in plain C. */
#include "mean.h"

#include "fixed.h"

static void add_row(const mw_mean_params *p, const int8_t *x, int32_t *sums)
{
    /* read once: the sums might alias them */
    const int32_t outer = p->outer, averaged = p->averaged, inner = p->inner;
    for (int32_t o = 0; o < outer; o++, sums += inner) {
        for (int32_t m = 0; m < averaged; m++) {
            int32_t *sum = sums;
            for (int32_t i = 0; i < inner; i++) {
                *sum++ += *x++;
            }
        }
    }
}

void mw_mean_s8_scalar(const mw_mean_params *p, const void *const *x, void *y, int32_t first,
                       int32_t rows, void *scratch)
{
    const int32_t count = p->outer * p->inner;
    int32_t *sums = scratch;
    for (int32_t i = 0; first == 0 && i < count; i++) {
        sums[i] = 0;
    }
    for (int32_t r = 0; r < rows; r++) {
        add_row(p, x[r], sums);
    }
    if (first + rows == p->rows_total) {
        int8_t *out = y;
        for (int32_t i = 0; i < count; i++) {
            const int32_t sum = mw_add_wrap(sums[i], p->offset);
            const int32_t mean = mw_requantize(sum, p->multiplier, p->shift);
            out[i] = (int8_t)mw_clamp(mw_add_wrap(mean, p->zero_y), INT8_MIN, INT8_MAX);
        }
    }
}
