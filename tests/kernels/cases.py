"""For each operator a hypothesis strategy that draws a graph of one node and its inputs.

Where kernels differ in element types alone, it is a function from those of the operands to a strategy.
The pairs ``(graph, arrays by input name)`` cover odd channel counts, every padding and stride, and
inputs with extremes among them.
"""

from collections.abc import Callable

from hypothesis import strategies as st
from ops_cases.conv import Case, conv2d, depthwise_conv2d, fully_connected
from ops_cases.convert import dequantize, quantize, requantize
from ops_cases.features import frame_statistics, standardize
from ops_cases.moving import concatenation, copy, pad, strided_slice, transpose

from milliwatt.ir import Op
from milliwatt.kernels import Kernel
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
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose

CASES: dict[type[Op], st.SearchStrategy[Case] | Callable[..., st.SearchStrategy[Case]]] = {
    FrameStatistics: frame_statistics(),
    Standardize: standardize(),
    Concatenation: concatenation,
    Conv2d: conv2d(),
    Copy: copy,
    DepthwiseConv2d: depthwise_conv2d(),
    Dequantize: dequantize,
    FullyConnected: fully_connected(),
    Pad: pad,
    Quantize: quantize(),
    Requantize: requantize,
    StridedSlice: strided_slice,
    Transpose: transpose,
}



def cases_of(kernel: Kernel) -> st.SearchStrategy[Case]:
    """Return the strategy of the kernel's operator, for its operand types where it asks for them."""
    cases = CASES[kernel.op]
    return cases if isinstance(cases, st.SearchStrategy) else cases(kernel.dtypes)


__all__ = ["CASES", "cases_of"]
