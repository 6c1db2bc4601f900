/* A sample: one inference of the model, on zeros. Copy what you need. */
#include "mw_dense.h"

static _Alignas(MW_DENSE_ALIGN_BYTES) uint8_t arena[MW_DENSE_ARENA_BYTES];
static _Alignas(MW_DENSE_ALIGN_BYTES) uint8_t state[MW_DENSE_STATE_BYTES ? MW_DENSE_STATE_BYTES : 1];

static void fill(uint8_t *to, uint32_t count, uint8_t value)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = value;
    }
}

int main(void)
{
    mw_dense_init(state);
    fill(MW_DENSE_INPUT_0_AT(arena), MW_DENSE_INPUT_0_BYTES, 0); /* put real data here */
    mw_dense_run(state, arena, MW_DENSE_INPUT_0_AT(arena), MW_DENSE_OUTPUT_0_AT(arena));
    return *(const uint8_t *)MW_DENSE_OUTPUT_0_AT(arena) == 0; /* so that nothing is optimised away */
}
