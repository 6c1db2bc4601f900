/* An image in another size. The meaning is in milliwatt/ops/dsp/resize.py. */
#ifndef MW_RESIZE_H
#define MW_RESIZE_H

#include <stdint.h>

typedef struct {
    int32_t h, w, c; /* of x */
    int32_t height, width;
} mw_resize_params;

/* x  u8 [h][w][c]
 * y  u8 [height][width][c]; must not overlap x
 */
void mw_resize_u8_scalar(const mw_resize_params *p, const void *x, void *y, void *scratch);

#endif
