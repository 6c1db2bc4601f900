/* Fully connected layer for cores with many registers whose multiplier gives 32 bits a time: eight filters at
 * a time, two of them in one register. A word holds one weight of each of four filters,
 *
 *     word = (f0 + 128) + 2^8 (f1 + 128) + 2^16 (f2 + 128) + 2^24 (f3 + 128)
 *     odd  = (word >> 8) & 0x00ff00ff = (f1 + 128) + 2^16 (f3 + 128)
 *
 * and one product of an input by `odd` serves both filters. Products by the whole word do for f0 and f2: what
 * they have too much is 2^8 times those by `odd`. Of each pair of sums that leaves, modulo 2^32,
 *
 *     s = (sum of x fi) + 2^16 (sum of x fj) + 128 (1 + 2^16) (sum of x)
 *
 * With |x| <= 128 the lower sum is within +-32640 as long as the |fi| together are at most 255: so far sums go
 * on before they are taken apart. How far that is, for all eight filters, stands in the constants: see
 * groups.py. Without the last term, and half of 2^16 added, the sum of x fj is s >> 16, exactly; all of
 * those added up give the result of fj, and from all s together, modulo 2^32, follows that of fi.
 */
#include "fixed.h"
#include "fully_connected.h"
#include "rescale.h"

enum { MW_EIGHT = 8, MW_WORDS = 2 /* for eight filters */ };

/* Everything about a call that does not change from row to row. */
typedef struct {
    const mw_fully_connected_params *p;
    const uint32_t *weights; /* [blocks, k, MW_WORDS] */
    const uint8_t *lengths;  /* of the groups of a block after another, together k for each block */
    const int32_t *bias, *multiplier;
    const int8_t *shift;
} mw_many_layer;

/* Sums of two filters over all groups: of s, and of s >> 16, both modulo 2^32. */
typedef struct {
    uint32_t all, upper;
} mw_many_sum;

/* Sums of four filters over one group: by words, and by `odd`. */
typedef struct {
    uint32_t whole, odd;
} mw_many_group;

static inline void mw_many_tap(mw_many_group *group, uint32_t x, uint32_t word)
{
    group->whole += x * word;
    group->odd += x * (word >> 8 & 0x00ff00ffu);
}

static inline void mw_many_add(mw_many_sum *sum, uint32_t s)
{
    sum->all += s;
    sum->upper += (uint32_t)((int32_t)s >> 16);
}

/* The sums of four filters, from those of the first and third, and of the second and fourth. */
static inline void mw_many_split(mw_many_sum first, mw_many_sum second, uint32_t halves, uint32_t *dots)
{
    dots[0] = first.all - (first.upper << 16) - halves;
    dots[1] = second.all - (second.upper << 16) - halves;
    dots[2] = first.upper;
    dots[3] = second.upper;
}

/* Eight filters by all inputs. Returns where the lengths of the next block are. */
__attribute__((noinline)) static const uint8_t *mw_many_block(const int8_t *x, int32_t k, const uint32_t *w,
                                           const uint8_t *length, uint32_t *dots)
{
    mw_many_sum s0 = {0, 0}, s1 = s0, s2 = s0, s3 = s0;
    const int8_t *const end = x + k;
    uint32_t halves = 0;
    while (x != end) {
        mw_many_group a = {0, 0}, b = {0, 0};
        uint32_t total = 0;
        uint32_t left = *length++;
        for (; left >= 4; left -= 4, x += 4, w += 4 * MW_WORDS) {
            for (int32_t i = 0; i < 4; i++) {
                const uint32_t input = (uint32_t)x[i];
                total += input;
                mw_many_tap(&a, input, w[i * MW_WORDS]);
                mw_many_tap(&b, input, w[i * MW_WORDS + 1]);
            }
        }
        for (; left > 0; left--, w += MW_WORDS) {
            const uint32_t input = (uint32_t)*x++;
            total += input;
            mw_many_tap(&a, input, w[0]);
            mw_many_tap(&b, input, w[1]);
        }
        const uint32_t less = 0x8000u - (total << 7) - (total << 23);
        mw_many_add(&s0, a.whole - (a.odd << 8) + less);
        mw_many_add(&s1, a.odd + less);
        mw_many_add(&s2, b.whole - (b.odd << 8) + less);
        mw_many_add(&s3, b.odd + less);
        halves += 0x8000u;
    }
    mw_many_split(s0, s1, halves, dots);
    mw_many_split(s2, s3, halves, dots + 4);
    return length;
}

static inline void mw_many_row(const mw_many_layer *l, const int8_t *x, int8_t *y)
{
    const mw_fully_connected_params *p = l->p;
    const int32_t k = p->k, step = p->multiplier_step, zero = p->zero_y;
    const int32_t *bias = l->bias, *multiplier = l->multiplier;
    const int8_t *shift = l->shift;
    const uint32_t *w = l->weights;
    const uint8_t *length = l->lengths;
    int8_t *const end = y + p->outputs;
    for (; y != end; w += MW_WORDS * k) {
        uint32_t dots[MW_EIGHT];
        const uint32_t *dot = dots;
        int8_t *const stop = end - y < MW_EIGHT ? end : y + MW_EIGHT;
        length = mw_many_block(x, k, w, length, dots);
        do {
            const int32_t acc = (int32_t)((uint32_t)*bias++ + *dot++);
            *y++ = (int8_t)mw_rescale_high(acc, *multiplier, *shift, zero);
            multiplier += step;
            shift += step;
        } while (y != stop);
    }
}

void mw_fully_connected_s8_many(const mw_fully_connected_params *p, const void *const *x,
                                const int32_t *weights, const uint8_t *lengths, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, void *const *y,
                                int32_t rows, void *scratch)
{
    const mw_many_layer l = {p, (const uint32_t *)weights, lengths, bias, multiplier, shift};
    (void)scratch;
    for (int32_t r = 0; r < rows; r++) {
        int8_t *out = y[r];
        mw_many_row(&l, x[r], out);
        if (p->low > INT8_MIN || p->high < INT8_MAX) {
            for (int32_t o = 0; o < p->outputs; o++) {
                out[o] = (int8_t)mw_clamp(out[o], p->low, p->high);
            }
        }
    }
}
