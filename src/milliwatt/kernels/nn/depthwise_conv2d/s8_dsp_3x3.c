/* Depthwise 3x3 at strides 1 and 2, three pixels at a time, or five; see depthwise_conv2d_3x3.h. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_3x3.h"

static void three(mw_run *run, const mw_column *x) { mw_windows_of_3(run, x); }
static void three_by_2(mw_run *run, const mw_column *x) { mw_windows_of_3_by_2(run, x); }
static void five(mw_run *run, const mw_column *x) { mw_windows_of_5(run, x); }

/* Rows go in strips of a multiple of three pixels, or of five at the end of a row at stride 1. */
void mw_depthwise_conv2d_s8_dsp_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                    const int8_t *channels, void *const *y, int32_t rows,
                                    void *scratch)
{
    for (int32_t r = 0; r < rows; r++) {
        const void *const *from = x + r * p->stride_h;
        for (int32_t j = 0; j < p->ow;) {
            int32_t count = p->ow - j;
            channels_function *windows = p->stride_w == 1 ? three : three_by_2;
            if (count < 3) {
                j = p->ow - 3;
                count = 3;
            } else if (count > STRIP) {
                count = STRIP;
            } else if (count == 5 && p->stride_w == 1) {
                windows = five;
            } else {
                count -= count % 3;
            }
            strip(p, windows, from, (const mw_channel *)channels, y[r], j, count, scratch);
            j += count;
        }
    }
}
