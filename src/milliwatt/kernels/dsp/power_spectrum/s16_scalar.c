/* Power spectra in plain C: any number of channels and any length. */
#include "power_spectrum.h"

#include "real_fft.h"

/* Taper one frame of one channel into z, pairs of samples at bit-reversed positions. */
static void load(const mw_power_spectrum_params *p, const void *const *x, int32_t channel,
                 const int32_t *tapers, mw_complex *z)
{
    for (int32_t i = 0; i < p->half; i++) {
        z[i] = (mw_complex){0, 0};
    }
    int32_t row = 0, in_row = 0;
    for (int32_t t = 0; t < p->frame; t++) {
        const int32_t sample = ((const int16_t *)x[row])[in_row * p->channels + channel];
        const int32_t tapered = mw_tapered(sample, tapers[t]);
        mw_complex *pair = &z[mw_reversed(t / 2, p->half)];
        if (t % 2 == 0) {
            pair->re = tapered;
        } else {
            pair->im = tapered;
        }
        if (++in_row == p->samples) {
            in_row = 0;
            row++;
        }
    }
}

void mw_power_spectrum_s16_scalar(const mw_power_spectrum_params *p, const void *const *x,
                                  const int32_t *tapers, const int32_t *roots, const int32_t *split,
                                  void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t c = 0; c < p->channels; c++) {
            int64_t *out = (int64_t *)y[r] + c * (p->half + 1);
            load(p, x + r * p->hop_rows, c, tapers, (mw_complex *)out);
            mw_fft((mw_complex *)out, p->half, roots);
            mw_split_powers(out, p->half, split);
        }
    }
}
