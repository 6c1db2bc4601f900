/* Average pooling in plain C: four channels at a time, the rest singly. There is one division where
 * the number of pixels in the window changes, none an element.
 */
#include "average_pool2d.h"

#include "fixed.h"

/* What a sum is divided by. */
typedef struct {
    int32_t count;
    uint32_t reciprocal; /* 2^31 / count, rounded up */
} divisor;

static int32_t sum_of_one(const mw_pool_window *inside, int32_t at, int32_t c)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < inside->rows; i++) {
        const int8_t *x = (const int8_t *)inside->row[i] + at;
        for (int32_t j = inside->columns; j > 0; j--, x += c) {
            sum += *x;
        }
    }
    return sum;
}

static void sums_of_four(const mw_pool_window *inside, int32_t at, int32_t c, int32_t *sums)
{
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int32_t i = 0; i < inside->rows; i++) {
        const int8_t *x = (const int8_t *)inside->row[i] + at;
        for (int32_t j = inside->columns; j > 0; j--, x += c) {
            sum0 += x[0];
            sum1 += x[1];
            sum2 += x[2];
            sum3 += x[3];
        }
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

static int8_t result(const mw_average_pool2d_params *p, int32_t sum, divisor by)
{
    const int32_t mean = mw_pool_mean(sum, by.count / 2, by.reciprocal, 31);
    return (int8_t)mw_clamp(mean, p->low, p->high);
}

static void pixel(const mw_average_pool2d_params *p, const mw_pool_window *inside, divisor by,
                  int8_t *out)
{
    const int32_t c = p->c, at = inside->first * c;
    int32_t k = 0;
    for (; k + 4 <= c; k += 4) {
        int32_t sums[4];
        sums_of_four(inside, at + k, c, sums);
        for (int32_t i = 0; i < 4; i++) {
            out[k + i] = result(p, sums[i], by);
        }
    }
    for (; k < c; k++) {
        out[k] = result(p, sum_of_one(inside, at + k, c), by);
    }
}

void mw_average_pool2d_s8_scalar(const mw_average_pool2d_params *p, const void *const *x,
                                 void *const *y, int32_t rows, void *scratch)
{
    divisor by = {0, 0};
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        mw_pool_window inside = mw_pool_rows(p, x + r * p->stride_h);
        int8_t *out = y[r];
        for (int32_t j = 0; j < p->ow; j++, out += p->c) {
            mw_pool_columns(p, &inside, j);
            const int32_t count = inside.rows * inside.columns;
            if (count != by.count) {
                by.count = count;
                by.reciprocal = (((uint32_t)1 << 31) + (uint32_t)count - 1u) / (uint32_t)count;
            }
            pixel(p, &inside, by, out);
        }
    }
}
