/* The distance to the nearest centre. The meaning is in milliwatt/ops/trees/nearest.py. */
#ifndef MW_NEAREST_H
#define MW_NEAREST_H

#include <stdint.h>

typedef struct {
    int32_t features;
    int32_t centres;
    int32_t scale_step; /* features, or 0 where all centres share their scales */
} mw_nearest_params;

/* x         s16 rows [features]
 * centre    [centres][features]
 * scale     [centres or 1][features]
 * shift     [features], each scaled difference is shifted down by it
 * offset    [centres]
 * y         s32 rows [1]
 */
void mw_nearest_s16_scalar(const mw_nearest_params *p, const void *const *x, const int16_t *centre,
                           const int16_t *scale, const int8_t *shift, const int32_t *offset,
                           void *const *y, int32_t rows, void *scratch);

#endif
