"""For each operator a hypothesis strategy that draws a graph of one node and its inputs.

Where kernels differ in element types alone, it is a function from those of the operands to a
strategy. The pairs ``(graph, arrays by input name)`` cover odd channel counts, every padding and
stride, and inputs with extremes among them.
"""

from collections.abc import Callable

from hypothesis import strategies as st
from ops_cases.conv import Case, conv2d, depthwise_conv2d, fully_connected
from ops_cases.convert import dequantize, quantize, requantize
from ops_cases.elementwise import binary, table
from ops_cases.features import frame_statistics, standardize
from ops_cases.images import gray, resize
from ops_cases.micro import denoise_log, micro_filterbank, noise_estimate
from ops_cases.moving import concatenation, copy, pad, strided_slice, transpose
from ops_cases.reducing import global_average_pool, mean, pool, softmax
from ops_cases.spectra import (
    biquad,
    filterbank,
    fir,
    frame_moments,
    log2,
    power_spectrum,
    projection,
    spectral_peaks,
)
from ops_cases.trees import forest, nearest

from milliwatt.ir import Op
from milliwatt.kernels import Kernel
from milliwatt.ops.dsp.biquad import Biquad
from milliwatt.ops.dsp.denoise_log import DenoiseLog
from milliwatt.ops.dsp.filterbank import Filterbank
from milliwatt.ops.dsp.fir import Fir
from milliwatt.ops.dsp.frame_moments import FrameMoments
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.gray import Gray
from milliwatt.ops.dsp.log2 import Log2
from milliwatt.ops.dsp.micro_filterbank import MicroFilterbank
from milliwatt.ops.dsp.noise_estimate import NoiseEstimate
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.dsp.projection import Projection
from milliwatt.ops.dsp.resize import Resize
from milliwatt.ops.dsp.spectral_peaks import SpectralPeaks
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.quantize import Quantize
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import Table
from milliwatt.ops.nn.transpose import Transpose
from milliwatt.ops.trees.forest import Forest
from milliwatt.ops.trees.nearest import Nearest

CASES: dict[type[Op], st.SearchStrategy[Case] | Callable[..., st.SearchStrategy[Case]]] = {
    Biquad: biquad(),
    DenoiseLog: denoise_log(),
    Filterbank: filterbank(),
    Fir: fir(),
    FrameMoments: frame_moments(),
    FrameStatistics: frame_statistics(),
    Gray: gray(),
    Log2: log2,
    MicroFilterbank: micro_filterbank(),
    NoiseEstimate: noise_estimate(),
    PowerSpectrum: power_spectrum(),
    Projection: projection(),
    Resize: resize(),
    SpectralPeaks: spectral_peaks(),
    Standardize: standardize(),
    Add: binary(Add),
    AveragePool2d: pool(AveragePool2d),
    Concatenation: concatenation,
    Conv2d: conv2d,
    Copy: copy,
    DepthwiseConv2d: depthwise_conv2d,
    Dequantize: dequantize,
    FullyConnected: fully_connected,
    GlobalAveragePool: global_average_pool(),
    MaxPool2d: pool(MaxPool2d),
    Mean: mean(),
    Mul: binary(Mul),
    Pad: pad,
    Quantize: quantize(),
    Requantize: requantize,
    Softmax: softmax(),
    StridedSlice: strided_slice,
    Sub: binary(Sub),
    Table: table,
    Transpose: transpose,
    Forest: forest(),
    Nearest: nearest(),
}


def cases_of(kernel: Kernel) -> st.SearchStrategy[Case]:
    """Return the strategy of the kernel's operator, for its operand types where it asks."""
    cases = CASES[kernel.op]
    return cases if isinstance(cases, st.SearchStrategy) else cases(kernel.dtypes)


__all__ = ["CASES", "cases_of"]
