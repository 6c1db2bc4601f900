/* Mean and deviation of frames in plain C: two sums a channel, then one division and one root. */
#include "frame_statistics.h"

#include "integer.h"

/* round(sqrt(n * squares - sum * sum) / n), at most 32767; every term stays within 2^62 */
static int16_t deviation(int32_t sum, int64_t squares, int32_t n)
{
    const uint64_t spread = (uint64_t)(n * squares - (int64_t)sum * sum);
    const int32_t rounded = (int32_t)(((int64_t)mw_isqrt(4 * spread) + n) / (2 * n));
    return (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded);
}

void mw_frame_statistics_s16_scalar(const mw_frame_statistics_params *p, const void *const *x,
                                    void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const void *const *frame = x + r * p->hop;
        int16_t *out = y[r];
        for (int32_t c = 0; c < p->c; c++) {
            int32_t sum = 0;
            int64_t squares = 0;
            for (int32_t i = 0; i < p->frame; i++) {
                const int32_t value = ((const int16_t *)frame[i])[c];
                sum += value;
                squares += value * value;
            }
            out[c] = (int16_t)mw_rounded_divide(sum, p->frame);
            out[p->c + c] = deviation(sum, squares, p->frame);
        }
    }
}
