"""Cases of the convolutions and of fully connected layers."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Array, Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from ops_cases.draw import CHANNELS, SIZES, contents, quants, scales

Case = tuple[Graph, dict[str, Array]]
INT8 = (DType.S8, DType.S8, DType.S32)


@st.composite
def conv2d(draw: st.DrawFn, dtypes: tuple[DType, ...] = INT8) -> Case:
    """Draw a convolution."""
    kind = draw(st.sampled_from(["any", "any", "plain", "plain", "signal"]))
    if dtypes == INT8 and kind != "any":
        return draw(plain_3x3() if kind == "plain" else signal())
    c, c_out = draw(CHANNELS), draw(CHANNELS)
    x_type = TensorType((1, draw(SIZES), draw(SIZES), c), dtypes[0], draw(quants(dtypes[0])))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    w_type = TensorType((c_out, *kernel, c), dtypes[1], draw(channel_quant(c_out, axis=0)))
    op = Conv2d(
        out=draw(fitting(x_type, w_type, kernel[0] * kernel[1] * c)),
        stride=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        pad=draw(st.tuples(*[st.integers(0, 2)] * 4)),
        dilation=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        clip=draw(clips(dtypes[0])),
    )
    return build(draw, op, x_type, w_type, c_out)


@st.composite
def plain_3x3(draw: st.DrawFn) -> Case:
    """Draw what most convolutions in residual networks are: 3x3, a step of one, scaled down."""
    c, c_out = draw(st.sampled_from([8, 12, 16, 20, 64])), draw(st.integers(4, 7))
    size = (draw(st.integers(1, 7)), draw(st.integers(1, 11)))
    x_type = TensorType((1, *size, c), DType.S8, draw(quants()))
    usual = 40 / (74 * 74 * (9 * c) ** 0.5)  # noise of int8 by noise of int8 stays in int8
    most = draw(st.sampled_from([usual, 2 * usual, 0.4]))
    steps = tuple(draw(scales(most / 1000, most)) for _ in range(c_out))
    w_type = TensorType((c_out, 3, 3, c), DType.S8, Quant(steps, 0, 0))
    out = Quant((x_type.scale,), draw(st.integers(-128, 127)))
    pad = draw(st.one_of(st.just((1, 1, 1, 1)), st.tuples(*[st.integers(0, 3)] * 4)))
    return build(draw, Conv2d(out=out, pad=pad, clip=draw(clips())), x_type, w_type, c_out)


@st.composite
def signal(draw: st.DrawFn) -> Case:
    """Draw what models of sound have: windows as wide as the rows, cut off below 0.0."""
    c, c_out, width = draw(CHANNELS), draw(CHANNELS), draw(st.integers(1, 3))
    x_type = TensorType((1, draw(st.integers(4, 9)), width, c), DType.S8, draw(quants()))
    kernel = (draw(st.integers(1, 3)), width)
    usual = 40 / (74 * 74 * (kernel[0] * width * c) ** 0.5)  # sums of noise stay in int8
    steps = tuple(draw(scales(usual / 1000, usual)) for _ in range(c_out))
    w_type = TensorType((c_out, *kernel, c), DType.S8, Quant(steps, 0, 0))
    op = Conv2d(
        out=Quant((x_type.scale,), -128),
        stride=(draw(st.integers(1, 2)), 1),
        pad=(draw(st.integers(0, 2)), draw(st.integers(0, 2)), 0, 0),
    )
    return build(draw, op, x_type, w_type, c_out)


@st.composite
def depthwise_conv2d(draw: st.DrawFn, dtypes: tuple[DType, ...] = INT8) -> Case:
    """Draw a depthwise convolution, at times with more outputs than inputs."""
    if dtypes == INT8 and draw(st.booleans()):
        return draw(activated_3x3())
    c = draw(CHANNELS)
    c_out = c * draw(st.sampled_from([1, 1, 2, 3]))
    x_type = TensorType((1, draw(SIZES), draw(SIZES), c), dtypes[0], draw(quants(dtypes[0])))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    w_type = TensorType((*kernel, c_out), DType.S8, draw(channel_quant(c_out, axis=2)))
    op = DepthwiseConv2d(
        out=draw(fitting(x_type, w_type, kernel[0] * kernel[1])),
        stride=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        pad=draw(st.tuples(*[st.integers(0, 2)] * 4)),
        dilation=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        clip=draw(clips(dtypes[0])),
    )
    return build(draw, op, x_type, w_type, c_out)


@st.composite
def activated_3x3(draw: st.DrawFn) -> Case:
    """Draw what most depthwise layers are: 3x3, scaled down, cut off below 0.0."""
    c = draw(CHANNELS)
    width = draw(st.integers(1, 45))
    x_type = TensorType((1, draw(st.integers(1, 5)), width, c), DType.S8, draw(quants()))
    usual = 40 / (74 * 74 * 3)  # noise of int8 by noise of int8 over nine taps stays in int8
    most = draw(st.sampled_from([usual, 2 * usual, 0.4]))
    steps = tuple(draw(scales(most / 1000, most)) for _ in range(c))
    w_type = TensorType((3, 3, c), DType.S8, Quant(steps, 0, 2))
    op = DepthwiseConv2d(
        out=Quant((x_type.scale,), -128),
        stride=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        pad=draw(st.tuples(*[st.integers(0, 3)] * 4)),
    )
    return build(draw, op, x_type, w_type, c)


@st.composite
def fully_connected(draw: st.DrawFn, dtypes: tuple[DType, ...] = INT8) -> Case:
    """Draw a fully connected layer, with one weight scale or one for each output."""
    if dtypes == INT8 and draw(st.booleans()):
        return draw(light_layer())
    k, outputs = draw(st.sampled_from([1, 3, 4, 7, 8, 20, 64])), draw(CHANNELS)
    x_type = TensorType((draw(st.integers(1, 4)), k), dtypes[0], draw(quants(dtypes[0])))
    per_channel = draw(st.booleans())
    quant = draw(channel_quant(outputs, axis=0)) if per_channel else Quant((draw(scales()),))
    w_type = TensorType((outputs, k), dtypes[1], quant)
    op = FullyConnected(out=draw(fitting(x_type, w_type, k)), clip=draw(clips(dtypes[0])))
    return build(draw, op, x_type, w_type, outputs)


@st.composite
def light_layer(draw: st.DrawFn) -> Case:
    """Draw what most layers of autoencoders are: many outputs, small weights, scaled down."""
    k, outputs = draw(st.sampled_from([3, 4, 7, 64, 300])), draw(st.sampled_from([8, 15, 16, 63]))
    x_type = TensorType((draw(st.integers(1, 3)), k), DType.S8, draw(quants()))
    quant = Quant((draw(scales()),)) if draw(st.booleans()) else draw(channel_quant(outputs, 0))
    w_type = TensorType((outputs, k), DType.S8, quant)
    op = FullyConnected(out=draw(fitting(x_type, w_type, k)), clip=draw(clips()))
    return build(draw, op, x_type, w_type, outputs, largest=draw(st.sampled_from([0, 2, 20, 60])))


@st.composite
def fitting(draw: st.DrawFn, x_type: TensorType, w_type: TensorType, taps: int) -> Quant:
    """Draw an output scale at which sums of noise mostly stay in int8, at times far off.

    Noise of int8 has a deviation of 74; a sum of ``taps`` products then has 74 * 74 * sqrt(taps),
    which is to become about 40.
    """
    if x_type.dtype is DType.S16:
        # likewise: a deviation of 18918, which is to become about 10000
        usual = x_type.scale * max(w_type.quantized.scale) * 18918 * 74 * taps**0.5 / 10000
        factor = draw(st.sampled_from([0.5, 1.0, 1.0, 2.0, 20.0]))
        return Quant((float(np.float32(usual * factor)),))
    usual = x_type.scale * max(w_type.quantized.scale) * 74 * 74 * taps**0.5 / 40
    factor = draw(st.sampled_from([0.5, 1.0, 1.0, 2.0, 20.0, 0.02]))
    return Quant((float(np.float32(usual * factor)),), draw(st.integers(-128, 127)))


@st.composite
def channel_quant(draw: st.DrawFn, channels: int, axis: int) -> Quant:
    """Draw one scale for each channel."""
    return Quant(tuple(draw(scales()) for _ in range(channels)), 0, axis)


@st.composite
def clips(draw: st.DrawFn, dtype: DType = DType.S8) -> tuple[int, int]:
    """Draw the clamp of a fused activation."""
    if dtype is DType.S16:
        return draw(st.sampled_from([-32768, -32768, 0, -700])), draw(
            st.sampled_from([32767, 9000])
        )
    low = draw(st.sampled_from([-128, -128, -5, 40]))
    return low, draw(st.sampled_from([127, 127, low + 20]))


def build(
    draw: st.DrawFn,
    op: object,
    x_type: TensorType,
    w_type: TensorType,
    c_out: int,
    largest: int = 128,
) -> Case:
    """Return the graph of one node with drawn weights, none above ``largest``, and its input."""
    b = Builder("case")
    x = b.input("x", x_type)
    weights = draw(contents(w_type)).astype(np.int16).clip(-largest, largest)
    w = b.constant("w", w_type, weights.astype(w_type.dtype.numpy))
    wide = x_type.dtype is DType.S16
    bias_type = TensorType((c_out,), DType.S64 if wide else DType.S32)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = 2**34 if wide else 2**14
    bias = b.constant(
        "bias", bias_type, rng.integers(-most, most, c_out).astype(bias_type.dtype.numpy)
    )
    try:
        y = b.node("y", op, x, w, bias)
    except ShapeMismatch as e:
        assume("larger than the padded image" not in str(e))
        raise
    return b.build(y), {"x": draw(contents(x_type))}
