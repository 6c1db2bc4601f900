/* Maximum pooling in plain C. */
#include "max_pool2d.h"

#include "fixed.h"

/* The largest of a window's elements in one channel, or low where none is larger. */
static int32_t largest(const mw_max_pool2d_params *p, const mw_pool_window *inside, int32_t channel)
{
    const int32_t at = inside->first * p->c + channel;
    int32_t best = p->low;
    for (int32_t i = 0; i < inside->rows; i++) {
        const int8_t *x = (const int8_t *)inside->row[i] + at;
        for (int32_t j = inside->columns; j > 0; j--, x += p->c) {
            best = *x > best ? *x : best;
        }
    }
    return best;
}

void mw_max_pool2d_s8_scalar(const mw_max_pool2d_params *p, const void *const *x, void *const *y,
                             int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        mw_pool_window inside = mw_pool_rows(p, x + r * p->stride_h);
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++) {
            mw_pool_columns(p, &inside, j);
            for (int32_t k = 0; k < p->c; k++) {
                *out++ = (int8_t)mw_clamp(largest(p, &inside, k), p->low, p->high);
            }
        }
    }
}
