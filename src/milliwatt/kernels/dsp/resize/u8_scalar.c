/* An image in another size in plain C: a mean over the area of each new pixel. */
#include "resize.h"

typedef struct {
    int32_t first, last;   /* old stretches that a new one touches */
    int32_t begin, end;    /* of the new one, in parts of which an old one has `parts` */
    int32_t parts;
} stretch;

static stretch touched(int32_t i, int32_t old, int32_t new)
{
    const int32_t begin = i * old;
    const int32_t end = begin + old;
    return (stretch){begin / new, (end - 1) / new, begin, end, new};
}

/* how much of old stretch `at` the new one covers */
static uint32_t covered(const stretch *s, int32_t at)
{
    const int32_t from = at * s->parts;
    const int32_t to = from + s->parts;
    return (uint32_t)((to < s->end ? to : s->end) - (from > s->begin ? from : s->begin));
}

static uint32_t area(const mw_resize_params *p, const uint8_t *x, const stretch *down,
                     const stretch *across)
{
    uint32_t sum = 0;
    for (int32_t i = down->first; i <= down->last; i++) {
        uint32_t line = 0;
        for (int32_t j = across->first; j <= across->last; j++) {
            line += covered(across, j) * x[(i * p->w + j) * p->c];
        }
        sum += covered(down, i) * line;
    }
    return sum;
}

void mw_resize_u8_scalar(const mw_resize_params *p, const void *x, void *y, void *scratch)
{
    (void)scratch;
    const uint32_t whole = (uint32_t)(p->h * p->w);
    uint8_t *out = y;
    for (int32_t i = 0; i < p->height; i++) {
        const stretch down = touched(i, p->h, p->height);
        for (int32_t j = 0; j < p->width; j++) {
            const stretch across = touched(j, p->w, p->width);
            for (int32_t c = 0; c < p->c; c++) {
                const uint32_t sum = area(p, (const uint8_t *)x + c, &down, &across);
                *out++ = (uint8_t)((sum + whole / 2) / whole);
            }
        }
    }
}
