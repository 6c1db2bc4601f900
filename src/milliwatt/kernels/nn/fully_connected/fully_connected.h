/* Fully connected layer, int8. The meaning is in milliwatt/ops/nn/fully_connected.py. */
#ifndef MW_FULLY_CONNECTED_H
#define MW_FULLY_CONNECTED_H

#include <stdint.h>

typedef struct {
    int32_t k;               /* inputs, elements of a row */
    int32_t outputs;         /* outputs, elements of a row */
    int32_t multiplier_step; /* 1: a multiplier for each output; 0: one for all */
    int32_t zero_y;          /* integer that stands for 0.0 */
    int32_t low, high;       /* clamp, on the stored integer */
} mw_fully_connected_params;

/* x           s8  rows [k]
 * weights     s8  [outputs, k]
 * bias        s32 [outputs], with -zero_x * (sum of the weights) folded in
 * multiplier  s32 [outputs] or [1], Q31
 * shift       s32 [outputs] or [1], to the left
 * y           s8  rows [outputs], must not overlap x
 * scratch is unused and may be NULL.
 */
void mw_fully_connected_s8_scalar(const mw_fully_connected_params *p, const void *const *x,
                                  const int8_t *weights, const int32_t *bias,
                                  const int32_t *multiplier, const int32_t *shift, void *const *y,
                                  int32_t rows, void *scratch);

/* As above, where bounds prove the sums small (see dsp.py).
 * filters     s32 stream of biases and filter words, for each block of four outputs
 * multiplier  s32 [outputs] or [1], Q31
 * shift       s8  [outputs] or [1], to the right, less one
 */
void mw_fully_connected_s8_dsp(const mw_fully_connected_params *p, const void *const *x,
                               const int32_t *filters, const int32_t *multiplier,
                               const int8_t *shift, void *const *y, int32_t rows, void *scratch);

/* As above, but weights s32 [outputs / 4, rounded up, k], see packed.py, and shift s8, as rescale.py
 * makes it. */
void mw_fully_connected_s8_long(const mw_fully_connected_params *p, const void *const *x,
                                const int32_t *weights, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, void *const *y,
                                int32_t rows, void *scratch);
void mw_fully_connected_s8_short(const mw_fully_connected_params *p, const void *const *x,
                                 const int32_t *weights, const int32_t *bias,
                                 const int32_t *multiplier, const int8_t *shift, void *const *y,
                                 int32_t rows, void *scratch);

/* Eight outputs at a time: see groups.py.
 * weights  s32 [outputs / 8, rounded up, k, 2]
 * lengths  u8  inputs of each group, the groups of a block after another
 * shift    s8  [outputs] or [1], as rescale.py makes it
 */
void mw_fully_connected_s8_many(const mw_fully_connected_params *p, const void *const *x,
                                const int32_t *weights, const uint8_t *lengths, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, void *const *y,
                                int32_t rows, void *scratch);

/* Weights of 4 bits: see kernels/int4.py. Shift is s8, bias and multiplier as for scalar.
 * scalar: weights u8 [outputs, k / 2, rounded up]
 * dsp:    weights s32 [outputs, k / 8, rounded up]; scratch holds a row of as many int16
 */
void mw_fully_connected_s8_s4_scalar(const mw_fully_connected_params *p, const void *const *x,
                                     const uint8_t *weights, const int32_t *bias,
                                     const int32_t *multiplier, const int8_t *shift,
                                     void *const *y, int32_t rows, void *scratch);
void mw_fully_connected_s8_s4_dsp(const mw_fully_connected_params *p, const void *const *x,
                                  const int32_t *weights, const int32_t *bias,
                                  const int32_t *multiplier, const int8_t *shift, void *const *y,
                                  int32_t rows, void *scratch);

/* int16 in and out, zero points 0: see wide.py.
 * weights s8 [outputs, k], bias s64, multiplier s16, shift u8 to the right; no scratch
 */
void mw_fully_connected_s16_scalar(const mw_fully_connected_params *p, const void *const *x,
                                   const int8_t *weights, const int64_t *bias,
                                   const int16_t *multiplier, const uint8_t *shift, void *const *y,
                                   int32_t rows, void *scratch);

#endif
