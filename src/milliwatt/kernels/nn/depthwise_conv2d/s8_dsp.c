/* Depthwise convolution, four channels and two taps at a time: groups.py says what `groups` holds. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_taps.h"
#include "fixed.h"
#include "isa_dsp_taps.h"
#include "memory.h"

static void clamp_row(const mw_depthwise_conv2d_params *p, int8_t *out)
{
    for (int32_t i = p->ow * p->c; i > 0; i = mw_opaque(i - 1), out++) {
        *out = (int8_t)mw_clamp(*out, p->low, p->high);
    }
}

void mw_depthwise_conv2d_s8_dsp(const mw_depthwise_conv2d_params *p, const void *const *x,
                                const int32_t *groups, void *const *y, int32_t rows, void *scratch)
{
    const int32_t taps = p->kh * p->kw, even = (taps + 1) & ~1;
    const int8_t **tap = scratch;
    mw_taps_pixel *pixel = (mw_taps_pixel *)(tap + even);
    int8_t *outside = (int8_t *)(pixel + 1);
    mw_fill_s8(outside, (int8_t)p->zero_x, p->c);
    tap[even - 1] = outside; /* one too many, with weights of zero, unless it is set below */
    *pixel = (mw_taps_pixel){0, 2 * p->zero_y + 1, p->c - 4, tap};
    for (int32_t r = 0; r < rows; r++) {
        pixel->out = y[r];
        for (int32_t j = 0; j < p->ow; j++, pixel->out += p->c) {
            mw_find_taps(p, x + r * p->stride_h, j * p->stride_w - p->pad_left, outside, tap);
            mw_all_channels(pixel, groups);
        }
        if (p->low > -128 || p->high < 127) {
            clamp_row(p, y[r]);
        }
    }
}
