/* A fixed linear map of every row. The meaning is in milliwatt/ops/dsp/projection.py. */
#ifndef MW_PROJECTION_H
#define MW_PROJECTION_H

#include <stdint.h>

typedef struct {
    int32_t inputs;
    int32_t outputs;
    int32_t shift; /* bits dropped, at least 1 */
} mw_projection_params;

/* x        s16 rows [inputs]
 * weights  s16 [outputs, inputs], magnitudes of an output's at most 65535 together
 * y        s16 rows [outputs], must not overlap x
 */
void mw_projection_s16_scalar(const mw_projection_params *p, const void *const *x, const int16_t *weights,
                              void *const *y, int32_t rows, void *scratch);

/* As above for an even number of inputs. */
void mw_projection_s16_dsp(const mw_projection_params *p, const void *const *x, const int16_t *weights,
                           void *const *y, int32_t rows, void *scratch);

#endif
