/* Floats to integers in plain C. There is one division, one subtraction and no product to contract, so
 * the bits are the same with a floating-point unit, with a library or on the host.
 */
#include "quantize.h"

#include "fixed.h"

#define BEYOND 131072 /* saturates whatever the zero point */

/* The nearest integer, ties away from zero; 0 for NaN. The fraction left by truncation is exact. */
static int32_t nearest(float x)
{
    if (x != x) {
        return 0;
    }
    if (x >= (float)BEYOND) {
        return BEYOND;
    }
    if (x <= (float)-BEYOND) {
        return -BEYOND;
    }
    const int32_t whole = (int32_t)x;
    const float fraction = x - (float)whole;
    return whole + (fraction >= 0.5f) - (fraction <= -0.5f);
}

void mw_quantize_f32_scalar(const mw_quantize_params *p, const void *const *x, const float *scale,
                            void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const float *in = x[r];
        for (int32_t i = 0; i < p->n; i++) {
            const int32_t value = mw_clamp(nearest(in[i] / scale[0]) + p->zero_y, p->low, p->high);
            if (p->size_y == 1) {
                ((uint8_t *)y[r])[i] = (uint8_t)value;
            } else {
                ((int16_t *)y[r])[i] = (int16_t)value;
            }
        }
    }
}
