/* Average of an image, four channels at a time: a row's pixels are added up in pairs of int16. */
#include "global_average_pool.h"

#include "fixed.h"
#include "isa_dsp.h"
#include "isa_dsp_sums.h"
#include "pool.h"

/* Add up four channels of a row of at most 255 pixels. */
static void add_four(const int8_t *pixel, int32_t pixels, int32_t c, int32_t *sums)
{
    uint32_t even = 0, odd = 0;
    for (; pixels > 0; pixels = mw_opaque(pixels - 1), pixel += c) {
        const uint32_t four = mw_load4(pixel);
        even = mw_add_even(even, four);
        odd = mw_add_odd(odd, four);
    }
    sums[0] += (int16_t)(even & 0xFFFFu);
    sums[1] += (int16_t)(odd & 0xFFFFu);
    sums[2] += (int16_t)(even >> 16);
    sums[3] += (int16_t)(odd >> 16);
}

static void add_one(const int8_t *pixel, int32_t pixels, int32_t c, int32_t *sum)
{
    for (; pixels > 0; pixels = mw_opaque(pixels - 1), pixel += c) {
        *sum += *pixel;
    }
}

void mw_global_average_pool_s8_dsp(const mw_global_average_pool_params *p, const void *const *x,
                                   void *y, int32_t first, int32_t rows, void *scratch)
{
    const int32_t c = p->c, pixels = p->w; /* read once: the sums below might alias them */
    int32_t *const sums = scratch;
    for (int32_t k = 0; first == 0 && k < c; k = mw_opaque(k + 1)) {
        sums[k] = 0;
    }
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *row = x[r];
        int32_t k = 0;
        for (; k + 4 <= c; k += 4) {
            add_four(row + k, pixels, c, sums + k);
        }
        for (; k < c; k++) {
            add_one(row + k, pixels, c, sums + k);
        }
    }
    if (first + rows == p->h) {
        int8_t *out = y;
        for (int32_t k = 0; k < c; k = mw_opaque(k + 1)) {
            const int32_t mean = mw_pool_mean(sums[k], p->half, (uint32_t)p->reciprocal, p->shift);
            out[k] = (int8_t)mw_clamp(mean, p->low, p->high);
        }
    }
}
