/* Copying rows in plain C. */
#include "copy.h"

#include "memory.h"

void mw_copy_bytes_scalar(const mw_copy_params *p, const void *const *x, void *const *y, int32_t rows,
                          void *scratch)
{
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        mw_copy_s8(y[r], x[r], p->bytes);
    }
}
