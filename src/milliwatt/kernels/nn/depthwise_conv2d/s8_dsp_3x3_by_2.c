/* Depthwise 3x3 at stride 2: three pixels at a time; see depthwise_conv2d_3x3.h. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_3x3.h"

static __attribute__((noinline)) void run(const mw_column *x, const int8_t *taps,
                                          const int32_t *scales, int8_t *out, int32_t step,
                                          int32_t count)
{
    channel_of_strip(2, x, taps, scales, out, step, count);
}

void mw_depthwise_conv2d_s8_dsp_3x3_by_2(const mw_depthwise_conv2d_params *p, const void *const *x,
                                        const int8_t *taps, const int32_t *scales, void *const *y,
                                        int32_t rows, void *scratch)
{
    rows_of(p, run, x, taps, scales, y, rows, scratch);
}
