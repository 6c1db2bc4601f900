/* Mean and deviation of frames. The meaning is in milliwatt/ops/dsp/frame_statistics.py. */
#ifndef MW_FRAME_STATISTICS_H
#define MW_FRAME_STATISTICS_H

#include <stdint.h>

typedef struct {
    int32_t c;     /* channels */
    int32_t frame; /* rows in a frame, at most 32767 */
    int32_t hop;   /* rows from one frame to the next */
} mw_frame_statistics_params;

/* x  s16 rows [c]; output row r reads rows x[r * hop + i], i < frame
 * y  s16 rows [2 * c]: means, then deviations; must not overlap x
 */
void mw_frame_statistics_s16_scalar(const mw_frame_statistics_params *p, const void *const *x,
                                    void *const *y, int32_t rows, void *scratch);

#endif
