/* Depthwise 3x3 at stride 2, three pixels at a time; see depthwise_conv2d_3x3.h. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_3x3.h"

static void three(mw_run *run, const mw_column *x) { mw_windows_of_3_by_2(run, x); }

void mw_depthwise_conv2d_s8_dsp_3x3_by_2(const mw_depthwise_conv2d_params *p, const void *const *x,
                                         const int8_t *channels, void *const *y, int32_t rows,
                                         void *scratch)
{
    rows_of(p, three, 0, x, channels, y, rows, scratch);
}
