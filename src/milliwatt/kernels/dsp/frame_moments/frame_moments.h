/* RMS, skewness and kurtosis of frames. The meaning is in milliwatt/ops/dsp/frame_moments.py. */
#ifndef MW_FRAME_MOMENTS_H
#define MW_FRAME_MOMENTS_H

#include <stdint.h>

typedef struct {
    int32_t c;            /* channels */
    int32_t frame;        /* rows in a frame, at most 4096 */
    int32_t hop;          /* rows from one frame to the next */
    int32_t least_energy; /* the least sum of squares */
    int32_t log2_frame;   /* in steps of 1/512 */
} mw_frame_moments_params;

/* x      s16 rows [c]; output row r reads rows x[r * hop + i], i < frame
 * table  s16 [32, 2], see octaves.h
 * y      s16 rows [3 * c]: RMS, then skewness, then kurtosis; must not overlap x
 */
void mw_frame_moments_s16_scalar(const mw_frame_moments_params *p, const void *const *x,
                                 const int16_t *table, void *const *y, int32_t rows, void *scratch);

#endif
