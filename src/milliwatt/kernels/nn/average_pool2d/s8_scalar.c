/* Average pooling in plain C: one division a change of the window's count, none an element. */
#include "average_pool2d.h"

#include "fixed.h"

static int32_t sum_of(const mw_average_pool2d_params *p, const mw_pool_window *inside,
                      int32_t channel)
{
    const int32_t at = inside->first * p->c + channel;
    int32_t sum = 0;
    for (int32_t i = 0; i < inside->rows; i++) {
        const int8_t *x = (const int8_t *)inside->row[i] + at;
        for (int32_t j = inside->columns; j > 0; j--, x += p->c) {
            sum += *x;
        }
    }
    return sum;
}

void mw_average_pool2d_s8_scalar(const mw_average_pool2d_params *p, const void *const *x,
                                 void *const *y, int32_t rows, void *scratch)
{
    int32_t count = 0;
    uint32_t reciprocal = 0;
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        mw_pool_window inside = mw_pool_rows(p, x + r * p->stride_h);
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++) {
            mw_pool_columns(p, &inside, j);
            if (count != inside.rows * inside.columns) {
                count = inside.rows * inside.columns;
                reciprocal = (((uint32_t)1 << 31) + (uint32_t)count - 1u) / (uint32_t)count;
            }
            for (int32_t k = 0; k < p->c; k++) {
                const int32_t mean = mw_pool_mean(sum_of(p, &inside, k), count / 2, reciprocal, 31);
                *out++ = (int8_t)mw_clamp(mean, p->low, p->high);
            }
        }
    }
}
