/* Softmax, int8. The meaning is in milliwatt/ops/nn/softmax.py. */
#ifndef MW_SOFTMAX_H
#define MW_SOFTMAX_H

#include <stdint.h>

typedef struct {
    int32_t count, depth;      /* softmaxes in a row, elements in each */
    int32_t multiplier, shift; /* of a difference: Q31, and how far to shift first, to the left */
    int32_t lowest;            /* differences below this count as nothing */
} mw_softmax_params;

/* x  s8 rows [count, depth]
 * y  s8 rows [count, depth]; may be x
 * scratch  depth exponentials of int32
 */
void mw_softmax_s8_scalar(const mw_softmax_params *p, const void *const *x, void *const *y,
                          int32_t rows, void *scratch);

#endif
