/* Padding with a constant. The meaning is in milliwatt/ops/nn/pad.py. */
#ifndef MW_PAD_H
#define MW_PAD_H

#include <stdint.h>

typedef struct {
    int32_t n0, before0, after0; /* axes inside a row, outermost first: elements, and filled ones around */
    int32_t n1, before1, after1;
    int32_t n2, before2, after2;
    int32_t size;  /* bytes of an element: 1, 2 or 4 */
    int32_t value; /* the integer that fills */
} mw_pad_params;

/* x  any integers; output row r is row x[r] with its padding, filled where the pointer is NULL
 * y  must not overlap x
 */
void mw_pad_bytes_scalar(const mw_pad_params *p, const void *const *x, void *const *y, int32_t rows,
                         void *scratch);

#endif
