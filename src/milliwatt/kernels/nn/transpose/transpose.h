/* Transposing. The meaning is in milliwatt/ops/nn/transpose.py. */
#ifndef MW_TRANSPOSE_H
#define MW_TRANSPOSE_H

#include <stdint.h>

typedef struct {
    int32_t size;      /* bytes that stay together */
    int32_t n0, step0; /* loops in output order, outermost first: how often, and bytes on in x */
    int32_t n1, step1;
    int32_t n2, step2;
    int32_t n3, step3;
    int32_t n4, step4;
} mw_transpose_params;

/* x  any type, whole
 * y  whole, must not overlap x
 */
void mw_transpose_bytes_scalar(const mw_transpose_params *p, const void *x, void *y, void *scratch);

#endif
