/* Depthwise 3x3 at stride 2, three pixels at a time; see depthwise_conv2d_3x3.h. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_3x3.h"

static void run(const mw_channel *ch, const mw_column *x, int8_t *y, int32_t step,
                int32_t channels, int32_t count)
{
    for (; channels > 0; channels--, ch++, x++, y++) {
        const mw_window_run constants = mw_run_of(ch, step, x + 2 * MW_LANES * count);
        mw_windows_of_3_by_2(ch, &constants, x, y);
    }
}

void mw_depthwise_conv2d_s8_dsp_3x3_by_2(const mw_depthwise_conv2d_params *p, const void *const *x,
                                         const int8_t *channels, void *const *y, int32_t rows,
                                         void *scratch)
{
    rows_of(p, run, 0, x, channels, y, rows, scratch);
}
