/* Concatenation. The meaning is in milliwatt/ops/nn/concatenation.py. */
#ifndef MW_CONCATENATION_H
#define MW_CONCATENATION_H

#include <stdint.h>

typedef struct {
    int32_t outer;                        /* how often the parts of one row take turns */
    int32_t bytes0, bytes1, bytes2, bytes3; /* of the part of each operand, 0 where there is none */
} mw_concatenation_params;

/* x0, x1, …  any type; output row r holds the parts of x0[r], x1[r], … in turn, and of an operand whose
 *            pointer is NULL nothing, which is how rows of several operands follow each other
 * y          must not overlap them
 */
void mw_concatenation_bytes2_scalar(const mw_concatenation_params *p, const void *const *x0,
                                    const void *const *x1, void *const *y, int32_t rows, void *scratch);

void mw_concatenation_bytes3_scalar(const mw_concatenation_params *p, const void *const *x0,
                                    const void *const *x1, const void *const *x2, void *const *y,
                                    int32_t rows, void *scratch);

void mw_concatenation_bytes4_scalar(const mw_concatenation_params *p, const void *const *x0,
                                    const void *const *x1, const void *const *x2,
                                    const void *const *x3, void *const *y, int32_t rows, void *scratch);

#endif
