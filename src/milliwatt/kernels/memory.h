/* Copying and filling. The compiler's own memcpy is the only thing that a kernel calls. */
#ifndef MW_MEMORY_H
#define MW_MEMORY_H

#include <stdint.h>

static inline void mw_copy_s8(int8_t *to, const int8_t *from, int32_t count)
{
    __builtin_memcpy(to, from, (uint32_t)count);
}

static inline void mw_fill_s8(int8_t *to, int8_t value, int32_t count)
{
    __builtin_memset(to, value, (uint32_t)count);
}

#endif
