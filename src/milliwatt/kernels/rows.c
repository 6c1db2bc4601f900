/* Tables of row pointers: see rows.h. */
#include "rows.h"

static int32_t at(const mw_rows *rows, int32_t row)
{
    return rows->offset + row % rows->capacity * rows->row_bytes;
}

/* Bytes from the base to a row: the first number of the table is the height. */
static uint32_t place(const uint16_t *places, int32_t row)
{
    return (uint32_t)places[1 + row] * MW_PLACE_BYTES;
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

void mw_places_in(const void **table, const uint8_t *base, const uint16_t *places, int32_t first,
                  int32_t count, const void *outside)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t row = first + i;
        table[i] = row < 0 || row >= places[0] ? outside : base + place(places, row);
    }
}

void mw_places_out(void **table, uint8_t *base, const uint16_t *places, int32_t first,
                   int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        table[i] = base + place(places, first + i);
    }
}
