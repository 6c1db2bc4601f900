/* A function of one byte, tabulated. The meaning is in milliwatt/ops/nn/table.py. */
#ifndef MW_TABLE_H
#define MW_TABLE_H

#include <stdint.h>

typedef struct {
    int32_t row; /* elements in a row */
} mw_table_params;

/* x      bytes, rows [row]
 * table  bytes [256], in the order of x's bytes read as unsigned numbers
 * y      bytes, rows [row]; may be x
 * scratch is unused and may be NULL.
 */
void mw_table_b8_scalar(const mw_table_params *p, const void *const *x, const uint8_t *table,
                        void *const *y, int32_t rows, void *scratch);

#endif
