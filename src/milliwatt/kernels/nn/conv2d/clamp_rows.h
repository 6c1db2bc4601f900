/* Activations that clamp within int8: done after requantisation, which has clamped to all of it. */
#ifndef MW_CLAMP_ROWS_H
#define MW_CLAMP_ROWS_H

#include "conv2d.h"
#include "fixed.h"
#include "isa_dsp.h"

static inline void mw_clamp_rows(const mw_conv2d_params *p, void *const *y, int32_t rows)
{
    if (p->low == -128 && p->high == 127) {
        return;
    }
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        for (int32_t i = p->ow * p->c_out; i > 0; i = mw_opaque(i - 1), out++) {
            *out = (int8_t)mw_clamp(*out, p->low, p->high);
        }
    }
}

#endif
