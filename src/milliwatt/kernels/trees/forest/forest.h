/* Decision trees whose leaves are added up. The meaning is in milliwatt/ops/trees/forest.py. */
#ifndef MW_FOREST_H
#define MW_FOREST_H

#include <stdint.h>

typedef struct {
    int32_t features;
    int32_t trees;
    int32_t outputs;
    int32_t width; /* columns of leaves: outputs, or 1 where each tree has its target */
} mw_forest_params;

/* x        s16 rows [features]
 * nodes    of each node feature, threshold and how far the right child is: [N][3];
 *          short: [N][2], feature and distance in the bytes of the first, 255 for a leaf
 * roots    [trees], the first node of each
 * targets  [trees], the output that each is added to; read where width is 1
 * leaves   [L][width]
 * bias     [outputs]
 * y        s32 rows [outputs]
 */
void mw_forest_s16_short(const mw_forest_params *p, const void *const *x, const int16_t *nodes,
                         const uint16_t *roots, const uint16_t *targets, const int16_t *leaves,
                         const int32_t *bias, void *const *y, int32_t rows, void *scratch);

void mw_forest_s16_scalar(const mw_forest_params *p, const void *const *x, const int16_t *nodes,
                          const uint16_t *roots, const uint16_t *targets, const int16_t *leaves,
                          const int32_t *bias, void *const *y, int32_t rows, void *scratch);

#endif
