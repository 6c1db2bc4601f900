/* Convolution, int8 NHWC. The meaning is in milliwatt/ops/nn/conv2d.py. */
#ifndef MW_CONV2D_H
#define MW_CONV2D_H

#include <stdint.h>

typedef struct {
    int32_t w, c;                   /* input: pixels in a row, channels */
    int32_t ow, c_out;              /* output: pixels in a row, channels */
    int32_t kh, kw;                 /* window, taps */
    int32_t stride_h, stride_w;     /* pixels */
    int32_t dilation_h, dilation_w; /* pixels between taps */
    int32_t pad_left;               /* what is missing on the right follows from the sizes */
    int32_t zero_x, zero_y;         /* integers that stand for 0.0 */
    int32_t low, high;              /* clamp, on the stored integer */
} mw_conv2d_params;

/* x           s8  rows [w, c]; output row r reads rows x[r * stride_h + i * dilation_h], i < kh
 * weights     s8  [c_out, kh, kw, c]
 * bias        s32 [c_out], with -zero_x * (sum of the filter) folded in
 * multiplier  s32 [c_out], Q31
 * shift       s32 [c_out], to the left
 * y           s8  rows [ow, c_out], must not overlap x
 * scratch     kh * kw * c bytes; none for a single tap that never leaves the image
 */
void mw_conv2d_s8_scalar(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                         const int32_t *bias, const int32_t *multiplier, const int32_t *shift,
                         void *const *y, int32_t rows, void *scratch);

/* As above, but weights [c_out, kh * kw * c rounded up to 4], padded with zeros, and scratch holds
 * two pixels of as many int16 before the gathered one. */
void mw_conv2d_s8_dsp(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                      const int32_t *bias, const int32_t *multiplier, const int32_t *shift,
                      void *const *y, int32_t rows, void *scratch);

/* As above, but all constants in one stream, in the order in which they are read; see pairs.py.
 * Scratch holds a block of pixels, kh * kw * c rounded up to 4 of each, as int16, what whole words
 * leave of their rows, and what their windows cover where they leave the image. */
void mw_conv2d_s8_dsp_pairs(const mw_conv2d_params *p, const void *const *x, const int32_t *filters,
                            void *const *y, int32_t rows, void *scratch);

/* As above, where results below 0.0 are cut off (zero_y is -128): see quads.py. */
void mw_conv2d_s8_dsp_quads(const mw_conv2d_params *p, const void *const *x, const int32_t *filters,
                            void *const *y, int32_t rows, void *scratch);
/* The same for ow = 1 and windows within the rows. Scratch has one pixel for single rows, else two. */
void mw_conv2d_s8_dsp_quads_narrow(const mw_conv2d_params *p, const void *const *x,
                                   const int32_t *filters, void *const *y, int32_t rows,
                                   void *scratch);

/* Only 3x3 at stride and dilation 1, up to 64 channels in fours; two rows cost hardly more than one. All
 * constants in one stream, see winograd.py. Scratch holds
 * 64 * c + 256 + c_out bytes. */
void mw_conv2d_s8_dsp_winograd(const mw_conv2d_params *p, const void *const *x,
                               const int32_t *filters, void *const *y, int32_t rows, void *scratch);

/* Two pixels in a register, for |weights| <= 127: see lanes.py.
 * weights  s8  [blocks, kh * kw * c rounded up to 4, 4], filters in fours, filled up with zeros
 * scales   s32 [4 * blocks, 2]: bias and multiplier
 * shift    s8  [c_out], as rescale.py makes it
 * scratch  kh * kw * c rounded up to 4 int32, then c bytes
 */
void mw_conv2d_s8_long(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                       const int32_t *scales, const int8_t *shift, void *const *y, int32_t rows,
                       void *scratch);
void mw_conv2d_s8_long_odd(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                           const int32_t *scales, const int8_t *shift, void *const *y, int32_t rows,
                           void *scratch);
void mw_conv2d_s8_short(const mw_conv2d_params *p, const void *const *x, const int8_t *weights,
                        const int32_t *scales, const int8_t *shift, void *const *y, int32_t rows,
                        void *scratch);

/* Four pixels by four filters: see triples.py.
 * places   u16 [kh, kw, c], where the inputs of a tap go, in bytes
 * weights  s8  [blocks, 3 * steps, 4], filters in fours, taps by place, filled up with zeros
 * scales   s32 [c_out, 2]: bias and multiplier
 * shift    s8  [c_out], as rescale.py makes it
 * steps    s32 [1]
 * scratch  3 * steps * 2 int32, then c bytes
 */
void mw_conv2d_s8_many(const mw_conv2d_params *p, const void *const *x, const uint16_t *places,
                       const int8_t *weights, const int32_t *scales, const int8_t *shift,
                       const int32_t *steps, void *const *y, int32_t rows, void *scratch);

/* Weights of 4 bits: see kernels/int4.py. Shift is s8, bias and multiplier as for scalar.
 * scalar: weights u8 [c_out, kh * kw * c / 2, rounded up]; scratch as there
 * dsp:    weights s32 [c_out, kh * kw * c / 8, rounded up]; before that scratch two pixels of as
 *         many int16
 */
void mw_conv2d_s8_s4_scalar(const mw_conv2d_params *p, const void *const *x, const uint8_t *weights,
                            const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                            void *const *y, int32_t rows, void *scratch);
void mw_conv2d_s8_s4_dsp(const mw_conv2d_params *p, const void *const *x, const int32_t *weights,
                         const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                         void *const *y, int32_t rows, void *scratch);

/* As dsp_pairs, for windows of kw = 3 at stride_w = dilation_w = 1, c a multiple of 4 and ow > 1, with
 * filter words in another order. Scratch holds five columns of kh * c int16. */
void mw_conv2d_s8_dsp_columns(const mw_conv2d_params *p, const void *const *x,
                              const int32_t *filters, void *const *y, int32_t rows, void *scratch);

/* int16 in and out, zero points 0: see wide.py.
 * weights s8 [c_out, kh, kw, c], bias s64, multiplier s16, shift u8 to the right; no scratch
 */
void mw_conv2d_s16_scalar(const mw_conv2d_params *p, const void *const *x,
                          const int8_t *weights, const int64_t *bias,
                          const int16_t *multiplier, const uint8_t *shift, void *const *y,
                          int32_t rows, void *scratch);

#endif
