/* Decision trees in plain C, nodes of four bytes: up to 255 features, right children near by. */
#include "forest_sums.h"

static int32_t walk(const int16_t *node, const int16_t *x)
{
    uint32_t first = (uint16_t)node[0];
    while ((first & 0xFF) != 0xFF) {
        node += x[first & 0xFF] <= node[1] ? 2 : 2 * (first >> 8);
        first = (uint16_t)node[0];
    }
    return node[1];
}

void mw_forest_s16_short(const mw_forest_params *p, const void *const *x, const int16_t *nodes,
                         const uint16_t *roots, const uint16_t *targets, const int16_t *leaves,
                         const int32_t *bias, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    mw_forest_sums(p, x, nodes, 2, walk, roots, targets, leaves, bias, y, rows);
}
