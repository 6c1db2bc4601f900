/* Copying rows. The meaning is in milliwatt/ops/nn/copy.py. */
#ifndef MW_COPY_H
#define MW_COPY_H

#include <stdint.h>

typedef struct {
    int32_t bytes; /* in a row */
} mw_copy_params;

/* x  any type; output row r is row x[r]
 * y  must not overlap x
 */
void mw_copy_bytes_scalar(const mw_copy_params *p, const void *const *x, void *const *y, int32_t rows,
                          void *scratch);

#endif
