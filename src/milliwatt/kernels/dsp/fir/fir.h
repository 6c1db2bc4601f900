/* A filter of finite response along rows. The meaning is in milliwatt/ops/dsp/fir.py. */
#ifndef MW_FIR_H
#define MW_FIR_H

#include <stdint.h>

typedef struct {
    int32_t c;     /* channels */
    int32_t taps;  /* how many */
    int32_t hop;   /* rows from one output to the next */
    int32_t shift; /* bits dropped, at least 1 */
} mw_fir_params;

/* x     s16 rows [c]; output row r reads rows x[r * hop + i], i < taps
 * taps  s16 [taps], magnitudes at most 65535 together
 * y     s16 rows [c], must not overlap x
 */
void mw_fir_s16_scalar(const mw_fir_params *p, const void *const *x, const int16_t *taps,
                       void *const *y, int32_t rows, void *scratch);

#endif
