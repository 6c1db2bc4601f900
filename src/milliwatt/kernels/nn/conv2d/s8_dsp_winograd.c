/* 3x3 convolution at stride 1 by exact integer Winograd F(2x2, 3x3).
 *
 * A tile of 4x4 inputs d gives 2x2 outputs, Y = A' [(G g G') . (B' d B)] A, with 16 products for
 * each pair of channels instead of 36:
 *
 *     B' = 1  0 -1  0      G = 1  0  0      A' = 1 1/2  1/2  0
 *          0  1  1  0          1  1  1           0 1/2 -1/2 -1
 *          0 -1  1  0          1 -1  1
 *          0  1  0 -1          0  0  1
 *
 * Everything is an integer: what A' halves is even, see winograd.py. Two tiles side by side share
 * the middle of their six columns.
 */
#include "clamp_rows.h"
#include "conv2d.h"
#include "fixed.h"
#include "isa_dsp_winograd.h"

#define NOT_INLINED __attribute__((noinline))

enum { SIZE = 4 };

/* Point at the inputs of two tiles. Beside the image are zero points: B' down a column of them is
 * twice the zero point in its second row, and that for all channels. */
static NOT_INLINED void find(const mw_conv2d_params *p, const void *const *x, int32_t left,
                             mw_winograd_patch *at)
{
    const int32_t before = mw_clamp(-left, 0, MW_COLUMNS);
    const int32_t inside = mw_clamp(p->w - left, 0, MW_COLUMNS); /* columns until the image ends */
    const uint32_t half = (uint32_t)(2 * p->zero_x) & 0xFFFFu;
    for (int32_t i = 0; i < SIZE; i++) {
        at->ends[i] = (const int8_t *)x[i] + (left + inside) * p->c;
    }
    for (int32_t j = 0; j < MW_COLUMNS; j++) {
        if (j < before || j >= inside) {
            uint32_t *to = at->down + 2 * j;
            for (int32_t i = 0; i < SIZE; i++, to += 2 * MW_COLUMNS) {
                to[0] = to[1] = i == 1 ? half | half << 16 : 0;
            }
        }
    }
    at->start = (before - inside) * p->c;
    at->last = at->down + 2 * (MW_COLUMNS * (SIZE - 1) + before);
}

/* Where pixels go; what lies outside the output goes to `nowhere`. */
static NOT_INLINED void aim(mw_winograd_tiles *at, int8_t *top, int8_t *bottom, int32_t pixels,
                            int32_t c_out, int8_t *nowhere)
{
    for (int32_t t = 0; t < MW_TILES; t++) {
        for (int32_t j = 0; j < 2; j++) {
            const int32_t pixel = 2 * t + j;
            const int inside = pixel < pixels;
            at->out[t][j] = inside ? top + pixel * c_out : nowhere;
            at->out[t][2 + j] = inside && bottom ? bottom + pixel * c_out : nowhere;
        }
    }
}

void mw_conv2d_s8_dsp_winograd(const mw_conv2d_params *p, const void *const *x,
                               const int32_t *filters, void *const *y, int32_t rows, void *scratch)
{
    uint32_t *const inputs = scratch;
    int32_t *const sums = (int32_t *)(inputs + MW_POSITIONS * p->c);
    int8_t *const nowhere = (int8_t *)(sums + MW_SUMS);
    mw_winograd_patch patch;
    patch.pixel_bytes = p->c;
    patch.down = (uint32_t *)sums; /* which has been read when they are written */
    mw_winograd_tiles tiles;
    tiles.inputs = inputs;
    tiles.sums = sums;
    tiles.steps = p->c / 4;
    for (int32_t r = 0; r < rows; r += 2) {
        const int two = r + 1 < rows; /* a lone row does not depend on the last of four */
        const void *const from[SIZE] = {x[r], x[r + 1], x[r + 2], x[two ? r + 3 : r + 2]};
        for (int32_t j = 0; j < p->ow; j += 2 * MW_TILES) {
            find(p, from, j - p->pad_left, &patch);
            patch.to = inputs;
            patch.steps = tiles.steps;
            mw_winograd_inputs(&patch);
            aim(&tiles, (int8_t *)y[r] + j * p->c_out,
                two ? (int8_t *)y[r + 1] + j * p->c_out : 0, p->ow - j, p->c_out, nowhere);
            tiles.channels = p->c_out;
            mw_winograd_outputs(filters, &tiles);
        }
    }
    mw_clamp_rows(p, y, rows);
}
