/* What the pooling kernels share. Rows outside the image are NULL in the table of row pointers. */
#ifndef MW_POOL_H
#define MW_POOL_H

#include <stdint.h>

typedef struct {
    int32_t w, c;     /* input: pixels in a row, channels */
    int32_t ow;       /* output: pixels in a row */
    int32_t kh, kw;   /* window */
    int32_t stride_h; /* rows */
    int32_t stride_w; /* pixels */
    int32_t pad_left; /* pixels */
    int32_t low, high; /* clamp, on the stored integer */
} mw_pool_params;

/* What of a window lies within the image: rows from the first that is not NULL, whole pixels. */
typedef struct {
    const void *const *row;
    int32_t rows, first, columns;
} mw_pool_window;

static inline mw_pool_window mw_pool_rows(const mw_pool_params *p, const void *const *above)
{
    mw_pool_window inside = {above, p->kh, 0, 0};
    while (inside.rows > 0 && *inside.row == 0) {
        inside.row++;
        inside.rows--;
    }
    while (inside.rows > 0 && inside.row[inside.rows - 1] == 0) {
        inside.rows--;
    }
    return inside;
}

static inline void mw_pool_columns(const mw_pool_params *p, mw_pool_window *inside, int32_t j)
{
    const int32_t left = j * p->stride_w - p->pad_left;
    const int32_t right = left + p->kw;
    inside->first = left > 0 ? left : 0;
    inside->columns = (right < p->w ? right : p->w) - inside->first;
}

/* round(sum / count), halves away from zero, where reciprocal = ceil(2^shift / count).
 *
 * Magnitudes of sums of int8 are at most 128 * count, so the numerator is at most 128.5 * count.
 * The reciprocal is too large by less than one part in 2^shift / count, and the quotient is exact
 * while 128.5 * count^2 < 2^shift: with a shift of 31 up to a count of 4087.
 */
static inline int32_t mw_pool_mean(int32_t sum, int32_t half, uint32_t reciprocal, int32_t shift)
{
    const uint32_t magnitude = (uint32_t)(sum < 0 ? -sum : sum) + (uint32_t)half;
    const int32_t mean = (int32_t)(((uint64_t)magnitude * reciprocal) >> shift);
    return sum < 0 ? -mean : mean;
}

#endif
