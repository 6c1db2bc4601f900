/* Tables of row pointers: how a kernel's caller tells it where the rows are.
 *
 * Rows lie in a regular order (mw_rows): row r is in place r modulo `capacity` of so many places that
 * follow each other. Or each lies anywhere: then a table has the tensor's height and, for each row, how
 * many times MW_PLACE_BYTES it is from the base.
 */
#ifndef MW_ROWS_H
#define MW_ROWS_H

#include <stdint.h>

typedef struct {
    int32_t offset;    /* bytes from the base to row 0 */
    int32_t row_bytes; /* bytes from a place to the next */
    int32_t height;    /* rows of the tensor */
    int32_t capacity;  /* places */
} mw_rows;

#define MW_PLACE_BYTES 8

/* Point table[0 … count-1] at rows first … first+count-1; rows outside the tensor at `outside`. */
void mw_rows_in(const void **table, const uint8_t *base, const mw_rows *rows, int32_t first,
                int32_t count, const void *outside);

/* Point table[0 … count-1] at rows first … first+count-1, all of them inside. */
void mw_rows_out(void **table, uint8_t *base, const mw_rows *rows, int32_t first, int32_t count);

/* The same two for rows that a table of places finds. */
void mw_places_in(const void **table, const uint8_t *base, const uint16_t *places, int32_t first,
                  int32_t count, const void *outside);
void mw_places_out(void **table, uint8_t *base, const uint16_t *places, int32_t first,
                   int32_t count);

static inline int32_t mw_at_most(int32_t a, int32_t limit) { return a < limit ? a : limit; }

#endif
