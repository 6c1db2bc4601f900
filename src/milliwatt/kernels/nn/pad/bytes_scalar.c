/* Padding in plain C: up to three axes inside a row, the innermost copied as a block. */
#include "pad.h"

#include "memory.h"

static int8_t *fill(const mw_pad_params *p, int8_t *out, int32_t count)
{
    if (p->size == 1) {
        mw_fill_s8(out, (int8_t)p->value, count);
    } else if (p->size == 2) {
        const int16_t value = (int16_t)p->value;
        for (int32_t i = 0; i < count; i++) {
            __builtin_memcpy(out + 2 * i, &value, 2);
        }
    } else {
        for (int32_t i = 0; i < count; i++) {
            __builtin_memcpy(out + 4 * i, &p->value, 4);
        }
    }
    return out + count * p->size;
}

void mw_pad_bytes_scalar(const mw_pad_params *p, const void *const *x, void *const *y, int32_t rows,
                         void *scratch)
{
    (void)scratch;
    const int32_t inner = p->before2 + p->n2 + p->after2;
    const int32_t middle = (p->before1 + p->n1 + p->after1) * inner;
    const int32_t block = p->n2 * p->size;
    for (int32_t r = 0; r < rows; r++) {
        const int8_t *in = x[r];
        int8_t *out = y[r];
        if (in == 0) {
            fill(p, out, (p->before0 + p->n0 + p->after0) * middle);
            continue;
        }
        out = fill(p, out, p->before0 * middle);
        for (int32_t i = 0; i < p->n0; i++) {
            out = fill(p, out, p->before1 * inner);
            for (int32_t j = 0; j < p->n1; j++, in += block) {
                out = fill(p, out, p->before2);
                mw_copy_s8(out, in, block);
                out = fill(p, out + block, p->after2);
            }
            out = fill(p, out, p->after1 * inner);
        }
        fill(p, out, p->after0 * middle);
    }
}
