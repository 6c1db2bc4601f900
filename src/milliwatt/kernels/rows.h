/* Tables of row pointers: how a kernel's caller tells it where the rows are.
 *
 * A tensor lies in a buffer of `capacity` rows. With fewer rows than the tensor is high it is a ring:
 * row r lies at r modulo capacity.
 */
#ifndef MW_ROWS_H
#define MW_ROWS_H

#include <stdint.h>

typedef struct {
    int32_t offset;    /* bytes from the base to row 0 */
    int32_t row_bytes; /* bytes from a row to the next */
    int32_t height;    /* rows of the tensor */
    int32_t capacity;  /* rows of the buffer */
} mw_rows;

/* Point table[0 … count-1] at rows first … first+count-1; rows outside the tensor at `outside`. */
void mw_rows_in(const void **table, const uint8_t *base, const mw_rows *rows, int32_t first,
                int32_t count, const void *outside);

/* Point table[0 … count-1] at rows first … first+count-1, all of them inside. */
void mw_rows_out(void **table, uint8_t *base, const mw_rows *rows, int32_t first, int32_t count);

static inline int32_t mw_at_most(int32_t a, int32_t limit) { return a < limit ? a : limit; }

#endif
