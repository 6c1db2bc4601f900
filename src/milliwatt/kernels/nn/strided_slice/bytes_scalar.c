/* Strided slices in plain C. What lies together is copied as a block: a slice of whole rows is one. */
#include "strided_slice.h"

#include "gather.h"

void mw_strided_slice_bytes_scalar(const mw_strided_slice_params *p, const void *const *x,
                                   void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const uint8_t *row = (const uint8_t *)x[r * p->stride_rows] + p->offset;
        uint8_t *out = y[r];
        for (int32_t i = 0; i < p->n0; i++) {
            for (int32_t j = 0; j < p->n1; j++) {
                const uint8_t *in = row + i * p->step0 + j * p->step1;
                out = mw_gather(out, in, p->n2, p->step2, p->size);
            }
        }
    }
}
