/* Maximum pooling in plain C: four channels at a time, the rest singly. */
#include "max_pool2d.h"

#include "fixed.h"

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* The largest of a window's elements in one channel, or low where none is larger. */
static int32_t largest_of_one(const mw_pool_window *inside, int32_t at, int32_t c, int32_t low)
{
    int32_t best = low;
    for (int32_t i = 0; i < inside->rows; i++) {
        const int8_t *x = (const int8_t *)inside->row[i] + at;
        for (int32_t j = inside->columns; j > 0; j--, x += c) {
            best = larger(best, *x);
        }
    }
    return best;
}

static void largest_of_four(const mw_pool_window *inside, int32_t at, int32_t c, int32_t low,
                            int32_t *largest)
{
    int32_t best0 = low, best1 = low, best2 = low, best3 = low;
    for (int32_t i = 0; i < inside->rows; i++) {
        const int8_t *x = (const int8_t *)inside->row[i] + at;
        for (int32_t j = inside->columns; j > 0; j--, x += c) {
            best0 = larger(best0, x[0]);
            best1 = larger(best1, x[1]);
            best2 = larger(best2, x[2]);
            best3 = larger(best3, x[3]);
        }
    }
    largest[0] = best0;
    largest[1] = best1;
    largest[2] = best2;
    largest[3] = best3;
}

static void pixel(const mw_max_pool2d_params *p, const mw_pool_window *inside, int8_t *out)
{
    const int32_t c = p->c, at = inside->first * c, low = p->low, high = p->high;
    int32_t k = 0;
    for (; k + 4 <= c; k += 4) {
        int32_t largest[4];
        largest_of_four(inside, at + k, c, low, largest);
        for (int32_t i = 0; i < 4; i++) {
            out[k + i] = (int8_t)mw_clamp(largest[i], low, high);
        }
    }
    for (; k < c; k++) {
        out[k] = (int8_t)mw_clamp(largest_of_one(inside, at + k, c, low), low, high);
    }
}

void mw_max_pool2d_s8_scalar(const mw_max_pool2d_params *p, const void *const *x, void *const *y,
                             int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        mw_pool_window inside = mw_pool_rows(p, x + r * p->stride_h);
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++, out += p->c) {
            mw_pool_columns(p, &inside, j);
            pixel(p, &inside, out);
        }
    }
}
