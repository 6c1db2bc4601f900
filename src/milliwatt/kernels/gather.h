/* Collecting elements that lie apart into one block, and laying a block out apart. */
#ifndef MW_GATHER_H
#define MW_GATHER_H

#include <stdint.h>

/* Copy count runs of size bytes, step bytes apart, and return the end of what was written. The sizes of
 * elements are spelled out, so that the compiler moves them in registers. */
static inline uint8_t *mw_gather(uint8_t *to, const uint8_t *from, int32_t count, int32_t step,
                                 int32_t size)
{
    if (size == 1) {
        for (int32_t i = 0; i < count; i++, from += step) {
            *to++ = *from;
        }
    } else if (size == 2) {
        for (int32_t i = 0; i < count; i++, from += step, to += 2) {
            __builtin_memcpy(to, from, 2);
        }
    } else if (size == 4) {
        for (int32_t i = 0; i < count; i++, from += step, to += 4) {
            __builtin_memcpy(to, from, 4);
        }
    } else {
        for (int32_t i = 0; i < count; i++, from += step, to += size) {
            __builtin_memcpy(to, from, (uint32_t)size);
        }
    }
    return to;
}

/* Copy count blocks of size bytes to places step bytes apart. */
static inline void mw_spread(uint8_t *to, const uint8_t *from, int32_t count, int32_t step, int32_t size)
{
    for (int32_t i = 0; i < count; i++, to += step, from += size) {
        __builtin_memcpy(to, from, (uint32_t)size);
    }
}

#endif
