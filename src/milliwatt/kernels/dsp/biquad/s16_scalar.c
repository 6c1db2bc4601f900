/* Recursive filters in plain C, channel by channel. */
#include "biquad.h"

#include "fixed.h"

typedef struct {
    int32_t v1, v2, u1, u2; /* inputs and outputs, one and two rows ago */
} memory;

static int32_t step(memory *m, const int32_t *c, int32_t v)
{
    const int64_t sum = (int64_t)c[0] * v + (int64_t)c[1] * m->v1 + (int64_t)c[2] * m->v2 -
                        (int64_t)c[3] * m->u1 - (int64_t)c[4] * m->u2;
    const int64_t shifted = (sum + ((int64_t)1 << 28)) >> 29, limit = (int64_t)1 << 29;
    const int32_t u = (int32_t)(shifted < -limit ? -limit : shifted > limit ? limit : shifted);
    *m = (memory){v, m->v1, u, m->u1};
    return u;
}

void mw_biquad_s16_scalar(const mw_biquad_params *p, const void *x, const int32_t *coefficients,
                          void *y, void *scratch)
{
    memory *sections = scratch;
    for (int32_t c = 0; c < p->c; c++) {
        const int16_t *in = (const int16_t *)x + c;
        int16_t *out = (int16_t *)y + c;
        for (int32_t s = 0; s < p->sections; s++) {
            sections[s] = (memory){0, 0, 0, 0};
        }
        for (int32_t r = 0; r < p->rows; r++, in += p->c, out += p->c) {
            int32_t v = *in * (1 << 8);
            for (int32_t s = 0; s < p->sections; s++) {
                v = step(&sections[s], coefficients + 5 * s, v);
            }
            *out = (int16_t)mw_clamp((v + (1 << 7)) >> 8, INT16_MIN, INT16_MAX);
        }
    }
}
