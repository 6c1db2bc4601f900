/* Channels to one scale with the DSP extension: see scale.h; the zero point comes with the rounding. */
#include "standardize.h"

#include "isa_dsp.h"

void mw_standardize_s16_dsp(const mw_standardize_params *p, const void *const *x, const int32_t *channels,
                            void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const int16_t *in = x[r];
        const int32_t *channel = channels;
        int8_t *out = y[r];
        for (int32_t c = p->c; c > 0; c = mw_opaque(c - 1), channel += 4) {
            const int32_t value = *in++ - channel[0];
            const int32_t high = mw_mla_high_word(value * 2, channel[1], 0);
            const int32_t sum = high * 2 + channel[2] + (value >> 31);
            *out++ = (int8_t)mw_saturate8(sum >> channel[3]);
        }
    }
}
