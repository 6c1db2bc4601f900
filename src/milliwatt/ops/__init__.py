"""What every operator means. `OPS` is the table of contents."""

from milliwatt.ir import Op
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.quantize import Quantize
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose

OPS: tuple[type[Op], ...] = (
    FrameStatistics,
    Standardize,
    Concatenation,
    Conv2d,
    Copy,
    DepthwiseConv2d,
    Dequantize,
    FullyConnected,
    Pad,
    Quantize,
    Requantize,
    Reshape,
    StridedSlice,
    Transpose,
)
"""Every operator, sorted by name."""
