/* Decision trees in plain C, nodes of three numbers. */
#include "forest_sums.h"

static int32_t walk(const int16_t *node, const int16_t *x)
{
    while (node[0] >= 0) {
        node += x[node[0]] <= node[1] ? 3 : 3 * node[2];
    }
    return node[1];
}

void mw_forest_s16_scalar(const mw_forest_params *p, const void *const *x, const int16_t *nodes,
                          const uint16_t *roots, const uint16_t *targets, const int16_t *leaves,
                          const int32_t *bias, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    mw_forest_sums(p, x, nodes, 3, walk, roots, targets, leaves, bias, y, rows);
}
