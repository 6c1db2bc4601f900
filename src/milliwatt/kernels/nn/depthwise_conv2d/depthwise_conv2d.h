/* Depthwise convolution, int8 NHWC. The meaning is in milliwatt/ops/nn/depthwise_conv2d.py. */
#ifndef MW_DEPTHWISE_CONV2D_H
#define MW_DEPTHWISE_CONV2D_H

#include <stdint.h>

typedef struct {
    int32_t w, c;                   /* input: pixels in a row, channels */
    int32_t ow, c_out;              /* output: pixels in a row, channels */
    int32_t depth_multiplier;       /* c_out / c */
    int32_t kh, kw;                 /* window, taps */
    int32_t stride_h, stride_w;     /* pixels */
    int32_t dilation_h, dilation_w; /* pixels between taps */
    int32_t pad_left;               /* what is missing on the right follows from the sizes */
    int32_t zero_x, zero_y;         /* integers that stand for 0.0 */
    int32_t low, high;              /* clamp, on the stored integer */
} mw_depthwise_conv2d_params;

/* x           s8  rows [w, c]; output row r reads rows x[r * stride_h + i * dilation_h], i < kh
 * weights     s8  [kh, kw, c_out]
 * bias        s32 [c_out], with -zero_x * (sum of the filter) folded in
 * multiplier  s32 [c_out], Q31
 * shift       s32 [c_out], to the left
 * y           s8  rows [ow, c_out], must not overlap x
 * scratch     kh * kw pointers and c bytes
 */
void mw_depthwise_conv2d_s8_scalar(const mw_depthwise_conv2d_params *p, const void *const *x,
                                   const int8_t *weights, const int32_t *bias,
                                   const int32_t *multiplier, const int32_t *shift,
                                   void *const *y, int32_t rows, void *scratch);

/* As above, where c_out == c >= 4 and bounds prove the sums small: see groups.py.
 * groups   s32 for each group of four channels biases, weights, multipliers and shifts
 * scratch  kh * kw pointers, made even, four more, and c bytes
 */
void mw_depthwise_conv2d_s8_dsp(const mw_depthwise_conv2d_params *p, const void *const *x,
                                const int32_t *groups, void *const *y, int32_t rows, void *scratch);

/* 3x3 at a stride of 1 or 2 within rows, where c_out == c >= 4 and ow >= 3, results below 0.0 are
 * cut off (zero_y is -128), and bounds prove the sums small: see window_3x3.py.
 * channels  s8 [c, 18]: multiplier, bias, weights and shift of each, mw_channel in isa_dsp_3x3.h
 * scratch   32 bytes for each column of a strip of at most 12 output pixels
 */
void mw_depthwise_conv2d_s8_dsp_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                    const int8_t *channels, void *const *y, int32_t rows,
                                    void *scratch);

/* 3x3 where c_out == c, not dilated: see three.py.
 * taps     s8  [c, 10]: weights, and a shift as rescale.py makes it
 * scales   s32 [c, 2]: bias and multiplier
 * scratch  3 rows of stride_w + 3 pixels, of 6 at a stride of 1
 */
void mw_depthwise_conv2d_s8_long_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                     const int8_t *taps, const int32_t *scales, void *const *y,
                                     int32_t rows, void *scratch);
void mw_depthwise_conv2d_s8_short_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                      const int8_t *taps, const int32_t *scales, void *const *y,
                                      int32_t rows, void *scratch);

/* As above at a stride_w of 1 or 2, without scratch. */
void mw_depthwise_conv2d_s8_many_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                     const int8_t *taps, const int32_t *scales, void *const *y,
                                     int32_t rows, void *scratch);

/* Any window where c_out == c >= 4: see fours.py.
 * weights  s8  [kh, kw, c]
 * scales   s32 [c, 2]: bias and multiplier
 * shift    s8  [c], as rescale.py makes it
 * scratch  kh * kw pointers and c bytes
 */
void mw_depthwise_conv2d_s8_long(const mw_depthwise_conv2d_params *p, const void *const *x,
                                 const int8_t *weights, const int32_t *scales, const int8_t *shift,
                                 void *const *y, int32_t rows, void *scratch);
void mw_depthwise_conv2d_s8_many(const mw_depthwise_conv2d_params *p, const void *const *x,
                                 const int8_t *weights, const int32_t *scales, const int8_t *shift,
                                 void *const *y, int32_t rows, void *scratch);
void mw_depthwise_conv2d_s8_short(const mw_depthwise_conv2d_params *p, const void *const *x,
                                  const int8_t *weights, const int32_t *scales, const int8_t *shift,
                                  void *const *y, int32_t rows, void *scratch);

/* int16 in and out, zero points 0: see wide.py.
 * weights s8 [kh, kw, c_out], bias s64, multiplier s16, shift u8 to the right; no scratch
 */
void mw_depthwise_conv2d_s16_scalar(const mw_depthwise_conv2d_params *p, const void *const *x,
                                    const int8_t *weights, const int64_t *bias,
                                    const int16_t *multiplier, const uint8_t *shift, void *const *y,
                                    int32_t rows, void *scratch);

#endif
