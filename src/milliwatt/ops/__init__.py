"""What every operator means. `OPS` is the table of contents."""

from milliwatt.ir import Op
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
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import Table
from milliwatt.ops.nn.transpose import Transpose
from milliwatt.ops.trees.forest import Forest
from milliwatt.ops.trees.nearest import Nearest

OPS: tuple[type[Op], ...] = (
    Biquad,
    DenoiseLog,
    Filterbank,
    Fir,
    FrameMoments,
    FrameStatistics,
    Gray,
    Log2,
    MicroFilterbank,
    NoiseEstimate,
    PowerSpectrum,
    Projection,
    Resize,
    SpectralPeaks,
    Standardize,
    Add,
    AveragePool2d,
    Concatenation,
    Conv2d,
    Copy,
    DepthwiseConv2d,
    Dequantize,
    FullyConnected,
    GlobalAveragePool,
    MaxPool2d,
    Mean,
    Mul,
    Pad,
    Quantize,
    Requantize,
    Reshape,
    Softmax,
    StridedSlice,
    Sub,
    Table,
    Transpose,
    Forest,
    Nearest,
)
"""Every operator, sorted by name."""
