/* Strided slices. The meaning is in milliwatt/ops/nn/strided_slice.py. */
#ifndef MW_STRIDED_SLICE_H
#define MW_STRIDED_SLICE_H

#include <stdint.h>

typedef struct {
    int32_t stride_rows;
    int32_t offset;    /* bytes into a row where the slice begins */
    int32_t size;      /* bytes that lie together */
    int32_t n0, step0; /* loops inside a row, outermost first: how often, and how many bytes on */
    int32_t n1, step1;
    int32_t n2, step2;
} mw_strided_slice_params;

/* x  any type; output row r is taken from row x[r * stride_rows]
 * y  must not overlap x
 */
void mw_strided_slice_bytes_scalar(const mw_strided_slice_params *p, const void *const *x,
                                   void *const *y, int32_t rows, void *scratch);

#endif
