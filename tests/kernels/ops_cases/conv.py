"""Cases of the convolutions and of fully connected layers."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from ops_cases.draw import CHANNELS, SIZES, contents, quants, scales

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Array, Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected

Case = tuple[Graph, dict[str, Array]]


@st.composite
def conv2d(draw: st.DrawFn) -> Case:
    """Draw a convolution."""
    c, c_out = draw(CHANNELS), draw(CHANNELS)
    x_type = TensorType((1, draw(SIZES), draw(SIZES), c), DType.S8, draw(quants()))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    w_type = TensorType((c_out, *kernel, c), DType.S8, draw(channel_quant(c_out, axis=0)))
    op = Conv2d(
        out=draw(quants()),
        stride=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        pad=draw(st.tuples(*[st.integers(0, 2)] * 4)),
        dilation=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        clip=draw(clips()),
    )
    return build(draw, op, x_type, w_type, c_out)


@st.composite
def depthwise_conv2d(draw: st.DrawFn) -> Case:
    """Draw a depthwise convolution, at times with more outputs than inputs."""
    c = draw(CHANNELS)
    c_out = c * draw(st.sampled_from([1, 1, 2, 3]))
    x_type = TensorType((1, draw(SIZES), draw(SIZES), c), DType.S8, draw(quants()))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    w_type = TensorType((*kernel, c_out), DType.S8, draw(channel_quant(c_out, axis=2)))
    op = DepthwiseConv2d(
        out=draw(quants()),
        stride=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        pad=draw(st.tuples(*[st.integers(0, 2)] * 4)),
        dilation=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        clip=draw(clips()),
    )
    return build(draw, op, x_type, w_type, c_out)


@st.composite
def fully_connected(draw: st.DrawFn) -> Case:
    """Draw a fully connected layer, with one weight scale or one for each output."""
    k, outputs = draw(st.sampled_from([1, 3, 4, 7, 8, 20, 64])), draw(CHANNELS)
    x_type = TensorType((draw(st.integers(1, 4)), k), DType.S8, draw(quants()))
    per_channel = draw(st.booleans())
    quant = draw(channel_quant(outputs, axis=0)) if per_channel else Quant((draw(scales()),))
    op = FullyConnected(out=draw(quants()), clip=draw(clips()))
    return build(draw, op, x_type, TensorType((outputs, k), DType.S8, quant), outputs)


@st.composite
def channel_quant(draw: st.DrawFn, channels: int, axis: int) -> Quant:
    """Draw one scale for each channel."""
    return Quant(tuple(draw(scales()) for _ in range(channels)), 0, axis)


@st.composite
def clips(draw: st.DrawFn) -> tuple[int, int]:
    """Draw the clamp of a fused activation."""
    low = draw(st.sampled_from([-128, -128, -5, 40]))
    return low, draw(st.sampled_from([127, 127, low + 20]))


def build(draw: st.DrawFn, op: object, x_type: TensorType, w_type: TensorType, c_out: int) -> Case:
    """Return the graph of one node with drawn weights, and its input."""
    b = Builder("case")
    x = b.input("x", x_type)
    w = b.constant("w", w_type, draw(contents(w_type)))
    bias_type = TensorType((c_out,), DType.S32)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bias = b.constant("bias", bias_type, rng.integers(-(2**14), 2**14, c_out).astype(np.int32))
    try:
        y = b.node("y", op, x, w, bias)
    except ShapeMismatch as e:
        assume("larger than the padded image" not in str(e))
        raise
    return b.build(y), {"x": draw(contents(x_type))}
