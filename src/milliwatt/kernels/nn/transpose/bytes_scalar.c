/* Transposing in plain C: output in order, input in steps. Axes that stay neighbours are one loop. */
#include "transpose.h"

#include "gather.h"

/* The inner three loops. */
static uint8_t *inner(const mw_transpose_params *p, const uint8_t *x, uint8_t *out)
{
    for (int32_t i = 0; i < p->n2; i++) {
        for (int32_t j = 0; j < p->n3; j++) {
            out = mw_gather(out, x + i * p->step2 + j * p->step3, p->n4, p->step4, p->size);
        }
    }
    return out;
}

void mw_transpose_bytes_scalar(const mw_transpose_params *p, const void *x, void *y, void *scratch)
{
    (void)scratch;
    uint8_t *out = y;
    for (int32_t i = 0; i < p->n0; i++) {
        for (int32_t j = 0; j < p->n1; j++) {
            out = inner(p, (const uint8_t *)x + i * p->step0 + j * p->step1, out);
        }
    }
}
