/* Tables of row pointers: see rows.h. */
#include "rows.h"

static int32_t at(const mw_rows *rows, int32_t row)
{
    return rows->offset + row % rows->capacity * rows->row_bytes;
}

void mw_rows_in(const void **table, const uint8_t *base, const mw_rows *rows, int32_t first,
                int32_t count, const void *outside)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t row = first + i;
        table[i] = row < 0 || row >= rows->height ? outside : base + at(rows, row);
    }
}

void mw_rows_out(void **table, uint8_t *base, const mw_rows *rows, int32_t first, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        table[i] = base + at(rows, first + i);
    }
}
