/* Moments of frames in plain C: one pass for the mean, one for the spread, one for the moments. */
#include "frame_moments.h"

#include "integer.h"
#include "octaves.h"

static int32_t at(const void *const *frame, int32_t row, int32_t channel)
{
    return ((const int16_t *)frame[row])[channel];
}

/* round(a / b), ties away from zero, b > 0 */
static int64_t divided(int64_t a, int64_t b)
{
    return a < 0 ? -((-a + b / 2) / b) : (a + b / 2) / b;
}

static int16_t limited(int64_t x)
{
    return (int16_t)(x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x);
}

/* Skewness and kurtosis of deviations whose largest is given and not 0 */
static void shape(const void *const *frame, int32_t n, int32_t channel, int32_t mean,
                  int32_t largest, const int16_t *table, int16_t *skewness, int16_t *kurtosis)
{
    const int32_t shift = 10 - (31 - __builtin_clz((uint32_t)largest));
    int64_t s2 = 0, s3 = 0, s4 = 0;
    for (int32_t i = 0; i < n; i++) {
        const int32_t whole = at(frame, i, channel) - mean;
        const int32_t d = shift >= 0 ? whole * (1 << shift)
                                     : (whole + (1 << -shift >> 1)) >> -shift;
        const int32_t square = d * d;
        s2 += square;
        s3 += (int64_t)square * d;
        s4 += (int64_t)square * square;
    }
    const int64_t v = divided(s2 << 4, n), w = mw_isqrt((uint64_t)divided(s2 << 18, n));
    *skewness = limited(divided(divided(s3, n) * (1 << 22), v * w));
    const int64_t ratio = divided(divided(s4, n) << 17, v * v); /* in steps of 1/512, as its logarithm */
    *kurtosis = (int16_t)(mw_octaves_from(ratio, 512, table) - 9 * 512);
}

void mw_frame_moments_s16_scalar(const mw_frame_moments_params *p, const void *const *x,
                                 const int16_t *table, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const void *const *frame = x + r * p->hop;
        int16_t *out = y[r];
        for (int32_t c = 0; c < p->c; c++) {
            int32_t sum = 0, largest = 0;
            int64_t energy = 0;
            for (int32_t i = 0; i < p->frame; i++) {
                sum += at(frame, i, c);
            }
            const int32_t mean = mw_rounded_divide(sum, p->frame);
            for (int32_t i = 0; i < p->frame; i++) {
                const int32_t d = at(frame, i, c) - mean, size = d < 0 ? -d : d;
                largest = size > largest ? size : largest;
                energy += (int64_t)d * d;
            }
            const int32_t octaves = mw_octaves_from(energy, p->least_energy, table);
            out[c] = (int16_t)((octaves - p->log2_frame + 1) >> 1);
            out[p->c + c] = out[2 * p->c + c] = 0;
            if (largest > 0) {
                shape(frame, p->frame, c, mean, largest, table, &out[p->c + c],
                      &out[2 * p->c + c]);
            }
        }
    }
}
