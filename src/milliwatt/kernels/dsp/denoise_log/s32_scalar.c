/* Loudness and noise to features in plain C, a band at a time. */
#include "denoise_log.h"

#include "isa_scalar.h"

static int32_t bit_length(uint32_t x)
{
    int32_t bits = 0;
    for (; x != 0; x >>= 1) {
        bits++;
    }
    return bits;
}

static uint32_t gain_of(uint32_t noise, const int16_t *gains)
{
    if (noise == 0) {
        return (uint32_t)gains[3];
    }
    const int32_t bits = bit_length(noise);
    const int16_t *parabola = gains + 4 * (bits - 1);
    const int32_t fraction =
        (int32_t)((bits < 11 ? noise << (11 - bits) : noise >> (bits - 11)) & 0x3FF);
    const int32_t slope = ((parabola[2] * fraction) >> 5) + parabola[1] * 32;
    return (uint32_t)(((slope * fraction + (1 << 14)) >> 15) + parabola[0]);
}

/* 64 * ln(x), rounded; 0 below 2 */
static int32_t log_of(uint32_t x, const uint16_t *logs)
{
    if (x < 2) {
        return 0;
    }
    const int32_t whole = bit_length(x) - 1;
    const uint32_t rest = x - ((uint32_t)1 << whole);
    const int32_t fraction = (int32_t)(whole < 16 ? rest << (16 - whole) : rest >> (whole - 16));
    const int32_t segment = fraction >> 9;
    const int32_t low = logs[segment];
    const int32_t inside = ((logs[segment + 1] - low) * (fraction - segment * 512)) >> 16;
    const uint32_t log2 = (uint32_t)(whole * 65536 + fraction + low + inside);
    const uint32_t log_e = (uint32_t)(((uint64_t)log2 * 45426 + 32768) >> 16);
    return (int32_t)((log_e * 64 + 32768) >> 16);
}

void mw_denoise_log_s32_scalar(const mw_denoise_log_params *p, const void *const *x,
                               const void *const *noise, const int16_t *gains,
                               const uint16_t *logs, void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        const uint32_t *loudness = x[r];
        const uint32_t *estimates = noise[r];
        int8_t *out = y[r];
        for (int32_t band = 0; band < p->bands; band++) {
            const uint32_t estimate = estimates[band];
            const uint32_t loud = loudness[band] << 10;
            const uint32_t remains = (uint32_t)(((uint64_t)loudness[band] * 819) >> 14);
            uint32_t clean = (loud - (estimate < loud ? estimate : loud)) >> 10;
            clean = clean > remains ? clean : remains;
            const uint32_t ratio = (uint32_t)(((uint64_t)clean * gain_of(estimate, gains)) >> 6);
            const uint32_t shrunk = ratio < 8192 ? (ratio * ratio) >> 20 : (ratio >> 6) - 64;
            const int64_t scaled = (int64_t)log_of(shrunk << 3, logs) * p->multiplier;
            const int32_t steps = (int32_t)((scaled + (1 << 30)) >> 31);
            out[band] = (int8_t)mw_saturate_s8(steps + p->zero_y);
        }
    }
}
