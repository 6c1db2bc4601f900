/* Logarithms of whole numbers. The meaning is in milliwatt/ops/dsp/log2.py. */
#ifndef MW_LOG2_H
#define MW_LOG2_H

#include <stdint.h>

typedef struct {
    int32_t n;     /* elements in a row */
    int32_t floor; /* at least 1; smaller numbers count as this */
} mw_log2_params;

/* x      s32 rows [n]
 * table  s16 [32, 2], see octaves.h
 * y      s16 rows [n], must not overlap x
 */
void mw_log2_s32_scalar(const mw_log2_params *p, const void *const *x, const int16_t *table,
                        void *const *y, int32_t rows, void *scratch);

/* The same for s64 rows. */
void mw_log2_s64_scalar(const mw_log2_params *p, const void *const *x, const int16_t *table,
                        void *const *y, int32_t rows, void *scratch);

#endif
