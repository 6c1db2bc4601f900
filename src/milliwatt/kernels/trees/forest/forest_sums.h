/* Adding up what the leaves say, whatever the nodes look like. */
#ifndef MW_FOREST_SUMS_H
#define MW_FOREST_SUMS_H

#include "forest.h"

/* the row in leaves that one tree leads to */
typedef int32_t mw_forest_walk(const int16_t *node, const int16_t *x);

static inline void mw_forest_sums(const mw_forest_params *p, const void *const *x,
                                  const int16_t *nodes, int32_t node_size, mw_forest_walk *walk,
                                  const uint16_t *roots, const uint16_t *targets,
                                  const int16_t *leaves, const int32_t *bias, void *const *y,
                                  int32_t rows)
{
    for (int32_t r = 0; r < rows; r++) {
        uint32_t *sums = y[r]; /* without sign, since sums may wrap */
        for (int32_t k = 0; k < p->outputs; k++) {
            sums[k] = (uint32_t)bias[k];
        }
        for (int32_t t = 0; t < p->trees; t++) {
            const int32_t leaf = walk(nodes + roots[t] * node_size, x[r]);
            const int16_t *said = leaves + leaf * p->width;
            if (p->width == 1) {
                sums[targets[t]] += (uint32_t)said[0];
            } else {
                for (int32_t k = 0; k < p->width; k++) {
                    sums[k] += (uint32_t)said[k];
                }
            }
        }
    }
}

#endif
