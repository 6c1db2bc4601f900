"""C kernels and their contracts. `KERNELS` is the table of contents."""

from milliwatt.kernels.dsp.biquad.kernel import BIQUAD
from milliwatt.kernels.dsp.denoise_log.kernel import DENOISE_LOG
from milliwatt.kernels.dsp.filterbank.kernel import FILTERBANK
from milliwatt.kernels.dsp.fir.kernel import FIR
from milliwatt.kernels.dsp.frame_moments.kernel import FRAME_MOMENTS
from milliwatt.kernels.dsp.frame_statistics.kernel import FRAME_STATISTICS
from milliwatt.kernels.dsp.gray.kernel import GRAY
from milliwatt.kernels.dsp.log2.kernel import LOG2
from milliwatt.kernels.dsp.micro_filterbank.kernel import MICRO_FILTERBANK
from milliwatt.kernels.dsp.noise_estimate.kernel import NOISE_ESTIMATE
from milliwatt.kernels.dsp.power_spectrum.kernel import POWER_SPECTRUM
from milliwatt.kernels.dsp.projection.kernel import PROJECTION
from milliwatt.kernels.dsp.resize.kernel import RESIZE
from milliwatt.kernels.dsp.spectral_peaks.kernel import SPECTRAL_PEAKS
from milliwatt.kernels.dsp.standardize.kernel import STANDARDIZE
from milliwatt.kernels.kernel import Kernel, Option, Variant
from milliwatt.kernels.nn.add.kernel import ADD
from milliwatt.kernels.nn.average_pool2d.kernel import AVERAGE_POOL2D
from milliwatt.kernels.nn.concatenation.kernel import CONCATENATION
from milliwatt.kernels.nn.conv2d.kernel import CONV2D, CONV2D_S4, CONV2D_S16
from milliwatt.kernels.nn.copy.kernel import COPY
from milliwatt.kernels.nn.depthwise_conv2d.kernel import DEPTHWISE_CONV2D, DEPTHWISE_CONV2D_S16
from milliwatt.kernels.nn.dequantize.kernel import DEQUANTIZE
from milliwatt.kernels.nn.fully_connected.kernel import (
    FULLY_CONNECTED,
    FULLY_CONNECTED_S4,
    FULLY_CONNECTED_S16,
)
from milliwatt.kernels.nn.global_average_pool.kernel import GLOBAL_AVERAGE_POOL
from milliwatt.kernels.nn.max_pool2d.kernel import MAX_POOL2D
from milliwatt.kernels.nn.mean.kernel import MEAN
from milliwatt.kernels.nn.mul.kernel import MUL
from milliwatt.kernels.nn.pad.kernel import PAD
from milliwatt.kernels.nn.quantize.kernel import QUANTIZE
from milliwatt.kernels.nn.requantize.kernel import REQUANTIZE
from milliwatt.kernels.nn.softmax.kernel import SOFTMAX
from milliwatt.kernels.nn.strided_slice.kernel import STRIDED_SLICE
from milliwatt.kernels.nn.sub.kernel import SUB
from milliwatt.kernels.nn.table.kernel import TABLE
from milliwatt.kernels.nn.transpose.kernel import TRANSPOSE
from milliwatt.kernels.trees.forest.kernel import FOREST
from milliwatt.kernels.trees.nearest.kernel import NEAREST

KERNELS: tuple[Kernel, ...] = (
    BIQUAD,
    DENOISE_LOG,
    FILTERBANK,
    FIR,
    FRAME_MOMENTS,
    FRAME_STATISTICS,
    GRAY,
    *LOG2,
    MICRO_FILTERBANK,
    NOISE_ESTIMATE,
    POWER_SPECTRUM,
    PROJECTION,
    RESIZE,
    SPECTRAL_PEAKS,
    STANDARDIZE,
    ADD,
    AVERAGE_POOL2D,
    *CONCATENATION,
    CONV2D_S4,
    CONV2D,
    CONV2D_S16,
    *COPY,
    DEPTHWISE_CONV2D,
    DEPTHWISE_CONV2D_S16,
    *DEQUANTIZE,
    FULLY_CONNECTED_S4,
    FULLY_CONNECTED,
    FULLY_CONNECTED_S16,
    GLOBAL_AVERAGE_POOL,
    MAX_POOL2D,
    MEAN,
    MUL,
    *PAD,
    QUANTIZE,
    *REQUANTIZE,
    SOFTMAX,
    *STRIDED_SLICE,
    SUB,
    *TABLE,
    *TRANSPOSE,
    FOREST,
    NEAREST,
)
"""Every kernel, sorted by operator name, then element types."""

__all__ = ["KERNELS", "Kernel", "Option", "Variant"]
