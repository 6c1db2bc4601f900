/* Depthwise 3x3 at stride 1, five or three pixels at a time; see depthwise_conv2d_3x3.h. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_3x3.h"

static void three(mw_run *run, const mw_column *x) { mw_windows_of_3(run, x); }
static void five(mw_run *run, const mw_column *x) { mw_windows_of_5(run, x); }

void mw_depthwise_conv2d_s8_dsp_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                    const int8_t *channels, void *const *y, int32_t rows,
                                    void *scratch)
{
    rows_of(p, three, five, x, channels, y, rows, scratch);
}
