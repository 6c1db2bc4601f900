/* Depthwise 3x3 at strides 1 and 2, three pixels at a time, or five; see depthwise_conv2d_3x3.h. */
#include "depthwise_conv2d.h"

#include "depthwise_conv2d_3x3.h"

/* Rows go in strips of a multiple of three pixels, or of five at the end of a row at stride 1. */
void mw_depthwise_conv2d_s8_dsp_3x3(const mw_depthwise_conv2d_params *p, const void *const *x,
                                    const int8_t *channels, void *const *y, int32_t rows,
                                    void *scratch)
{
    for (int32_t r = 0; r < rows; r++) {
        const void *const *from = x + r * p->stride_h;
        for (int32_t j = 0; j < p->ow;) {
            int32_t count = p->ow - j;
            enum mw_blocks blocks = p->stride_w == 1 ? MW_THREE : MW_THREE_BY_2;
            if (count < 3) {
                j = p->ow - 3;
                count = 3;
            } else if (count > STRIP) {
                count = STRIP;
            } else if (count == 5 && p->stride_w == 1) {
                blocks = MW_FIVE;
            } else {
                count -= count % 3;
            }
            strip(p, blocks, from, (const mw_channel *)channels, y[r], j, count, scratch);
            j += count;
        }
    }
}
