/* Mean over axes within each row, in plain C. */
#include "fixed.h"
#include "mean.h"

static int32_t sum_of(const mw_mean_params *p, const int8_t *x)
{
    int32_t sum = 0;
    for (int32_t m = 0; m < p->averaged; m++, x += p->inner) {
        sum += *x;
    }
    return sum;
}

void mw_mean_s8_within_rows(const mw_mean_params *p, const void *const *x, void *const *y,
                            int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *block = x[r];
        int8_t *out = y[r];
        for (int32_t o = 0; o < p->outer; o++, block += p->averaged * p->inner) {
            for (int32_t i = 0; i < p->inner; i++) {
                const int32_t sum = mw_add_wrap(sum_of(p, block + i), p->offset);
                const int32_t mean = mw_requantize(sum, p->multiplier, p->shift);
                *out++ = (int8_t)mw_clamp(mw_add_wrap(mean, p->zero_y), INT8_MIN, INT8_MAX);
            }
        }
    }
}
