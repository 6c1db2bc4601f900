/* Depthwise 3x3 at stride 1, five or three pixels at a time; see depthwise_conv2d_3x3.h. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_3x3.h"

static void run_3(const mw_channel *ch, const mw_column *x, int8_t *y, int32_t step,
                  int32_t channels, int32_t count)
{
    for (; channels > 0; channels--, ch++, x++, y++) {
        const mw_window_run run = mw_run_of(ch, step, x + MW_LANES * count);
        mw_windows_of_3(ch, &run, x, y);
    }
}

static void run(const mw_channel *ch, const mw_column *x, int8_t *y, int32_t step,
                int32_t channels, int32_t count)
{
    if (count == 5) {
        mw_five_run run = {ch, y, step, x + channels};
        mw_windows_of_5(&run, x);
    } else {
        run_3(ch, x, y, step, channels, count);
    }
}

void mw_depthwise_conv2d_s8_dsp_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                    const int8_t *channels, void *const *y, int32_t rows,
                                    void *scratch)
{
    rows_of(p, run, 5, x, channels, y, rows, scratch);
}
