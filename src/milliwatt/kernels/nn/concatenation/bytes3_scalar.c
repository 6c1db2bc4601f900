/* Concatenation of three operands in plain C. */
#include "concatenation.h"

#include "gather.h"

void mw_concatenation_bytes3_scalar(const mw_concatenation_params *p, const void *const *x0,
                                    const void *const *x1, const void *const *x2, void *const *y,
                                    int32_t rows, void *scratch)
{
    (void)scratch;
    const int32_t stride = p->bytes0 + p->bytes1 + p->bytes2;
    for (int32_t r = 0; r < rows; r++) {
        uint8_t *out = y[r];
        if (x0[r]) {
            mw_spread(out, x0[r], p->outer, stride, p->bytes0);
            out += p->bytes0;
        }
        if (x1[r]) {
            mw_spread(out, x1[r], p->outer, stride, p->bytes1);
            out += p->bytes1;
        }
        if (x2[r]) {
            mw_spread(out, x2[r], p->outer, stride, p->bytes2);
        }
    }
}
