/* Linear maps with the DSP extension: two products an instruction, two outputs for each load of x. */
#include "projection.h"

#include "isa_dsp.h"

static inline uint32_t load2(const int16_t *from)
{
    uint32_t v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

static inline int16_t dropped(int32_t sum, int32_t shift)
{
    const int32_t y = sum >> shift;
    return (int16_t)(y < INT16_MIN ? INT16_MIN : y > INT16_MAX ? INT16_MAX : y);
}

void mw_projection_s16_dsp(const mw_projection_params *p, const void *const *x, const int16_t *weights,
                           void *const *y, int32_t rows, void *scratch)
{
    (void)scratch;
    const int32_t half = (int32_t)1 << (p->shift - 1), step = 2 * p->inputs;
    for (int32_t r = 0; r < rows; r++) {
        const int16_t *in = x[r], *w = weights;
        int16_t *out = y[r];
        for (int32_t c = 0; c < p->outputs; c += 2, w += step) {
            const int is_pair = c + 1 < p->outputs;
            const int16_t *other = is_pair ? w + p->inputs : w;
            int32_t first = half, second = half;
            for (int32_t i = 0; i < p->inputs; i += 2) {
                const uint32_t two = load2(in + i);
                first = mw_mla2(two, load2(w + i), first);
                second = mw_mla2(two, load2(other + i), second);
            }
            out[c] = dropped(first, p->shift);
            if (is_pair) {
                out[c + 1] = dropped(second, p->shift);
            }
        }
    }
}
