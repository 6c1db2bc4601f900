/* Colour to gray in plain C. */
#include "gray.h"

void mw_gray_u8_scalar(const mw_gray_params *p, const void *const *x, void *const *y, int32_t rows,
                       void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const uint8_t *colours = x[r];
        uint8_t *out = y[r];
        for (int32_t i = 0; i < p->width; i++) {
            out[i] = (uint8_t)((77 * colours[0] + 150 * colours[1] + 29 * colours[2] + 128) >> 8);
            colours += 3;
        }
    }
}
