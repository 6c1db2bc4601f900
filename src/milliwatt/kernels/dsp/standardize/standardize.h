/* Channels to one scale. The meaning is in milliwatt/ops/dsp/standardize.py. */
#ifndef MW_STANDARDIZE_H
#define MW_STANDARDIZE_H

#include <stdint.h>

typedef struct {
    int32_t c;      /* channels */
    int32_t zero_y; /* the integer that stands for 0.0 */
} mw_standardize_params;

/* x           s16 rows [c]
 * mean        s16 [c]
 * multiplier  s32 [c], Q31
 * shift       s32 [c], to the left
 * y           s8 rows [c], must not overlap x
 */
void mw_standardize_s16_scalar(const mw_standardize_params *p, const void *const *x, const int16_t *mean,
                               const int32_t *multiplier, const int32_t *shift, void *const *y,
                               int32_t rows, void *scratch);

/* As above, where no shift is to the left, nor more than 21 to the right.
 * channels    s32 [c, 4]: mean; multiplier; zero point and a half, shifted; 1 more than the shift
 */
void mw_standardize_s16_dsp(const mw_standardize_params *p, const void *const *x, const int32_t *channels,
                            void *const *y, int32_t rows, void *scratch);

/* As above, where no shift is to the left.
 * right       s8 [c], 1 more than the shift to the right
 */
void mw_standardize_s16_long(const mw_standardize_params *p, const void *const *x, const int16_t *mean,
                             const int32_t *multiplier, const int8_t *right, void *const *y,
                             int32_t rows, void *scratch);

#endif
