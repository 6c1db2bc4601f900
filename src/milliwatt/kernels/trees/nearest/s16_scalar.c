/* The distance to the nearest centre in plain C, squares summed in 64 bits. */
#include "nearest.h"

/* a scaled difference in steps of 1 / 256, saturated to 16 bits */
static int32_t scaled(int32_t difference, int32_t scale, int32_t shift)
{
    const int64_t z = ((int64_t)difference * scale + ((int64_t)1 << (shift - 1))) >> shift;
    return z > INT16_MAX ? INT16_MAX : z < INT16_MIN ? INT16_MIN : (int32_t)z;
}

static int64_t distance(const mw_nearest_params *p, const int16_t *x, const int16_t *centre,
                        const int16_t *scale, const int8_t *shift)
{
    int64_t sum = 0;
    for (int32_t f = 0; f < p->features; f++) {
        const int32_t z = scaled(x[f] - centre[f], scale[f], shift[f]);
        sum += z * z;
    }
    return sum >> 8;
}

void mw_nearest_s16_scalar(const mw_nearest_params *p, const void *const *x, const int16_t *centre,
                           const int16_t *scale, const int8_t *shift, const int32_t *offset,
                           void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        int64_t least = INT64_MAX;
        for (int32_t k = 0; k < p->centres; k++) {
            const int64_t found = offset[k] + distance(p, x[r], centre + k * p->features,
                                                       scale + k * p->scale_step, shift);
            least = found < least ? found : least;
        }
        const int64_t low = least < INT32_MIN ? INT32_MIN : least;
        *(int32_t *)y[r] = (int32_t)(low > INT32_MAX ? INT32_MAX : low);
    }
}
