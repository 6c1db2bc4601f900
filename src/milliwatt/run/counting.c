/* Counts what an emulated CPU executes, at the speed of C.
 *
 * Both hooks have the signature that the emulator wants of a code or block hook. The counting
 * hook writes into arrays that Python owns: one row per bucket, one column per 2 bytes of code.
 * A bucket is entered when its first instruction executes and left when another is entered.
 */
#include <stdint.h>

typedef int (*mw_stop_function)(void *emulator);

typedef struct {
    uint64_t base;             /* address of the first counted byte of code */
    uint64_t columns;          /* counted code, in units of 2 bytes */
    uint64_t budget;           /* what may still be spent */
    uint64_t spent;            /* instructions counted, or bytes of code entered when watching */
    uint64_t outside;          /* instructions executed at addresses without a column */
    uint64_t next;             /* address right behind the latest instruction; 0 for none */
    uint64_t last;             /* element of `taken` that belongs to the latest instruction */
    uint64_t row;              /* first element of the current bucket's row */
    uint64_t exhausted;        /* 1 once the budget did not suffice */
    const uint16_t *bucket_at; /* [columns] 0, or 1 + the bucket that begins here */
    uint64_t *executed;        /* [buckets, columns] executions of the instruction here */
    uint64_t *taken;           /* [buckets, columns] of those, not followed by the next address */
    mw_stop_function stop;     /* the emulator's own "stop now" */
} mw_counter;

void mw_count_instruction(void *emulator, uint64_t address, uint32_t size, mw_counter *counter);
void mw_watch_block(void *emulator, uint64_t address, uint32_t size, mw_counter *counter);

/* Takes `cost` from the budget and tells whether there was enough. */
static int spend(void *emulator, uint64_t cost, mw_counter *counter)
{
    if (cost > counter->budget) {
        counter->exhausted = 1;
        (void)counter->stop(emulator);
        return 0;
    }
    counter->budget -= cost;
    counter->spent += cost;
    return 1;
}

/* A code hook. An instruction of an IT block whose condition fails does not come here. */
void mw_count_instruction(void *emulator, uint64_t address, uint32_t size, mw_counter *counter)
{
    if (!spend(emulator, 1, counter)) {
        return;
    }
    if (address != counter->next && counter->next != 0) {
        counter->taken[counter->last]++;
    }
    const uint64_t column = (address - counter->base) >> 1; /* huge for an address below base */
    if (column >= counter->columns) {
        counter->outside++;
        counter->next = 0;
        return;
    }
    const uint16_t bucket = counter->bucket_at[column];
    if (bucket != 0) {
        counter->row = (uint64_t)(bucket - 1) * counter->columns;
    }
    counter->executed[counter->row + column]++;
    counter->last = counter->row + column;
    counter->next = address + size;
}

/* A block hook: counts nothing, only ends a program that does not end. */
void mw_watch_block(void *emulator, uint64_t address, uint32_t size, mw_counter *counter)
{
    (void)address;
    (void)spend(emulator, size, counter);
}
