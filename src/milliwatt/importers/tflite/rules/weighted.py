"""Rules for operators with weights or windows: convolutions, fully connected, pools and means."""

from dataclasses import replace

import numpy as np

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.importers.tflite.lowering import (
    Step,
    one_scale,
    per_channel,
    tensor_type,
)
from milliwatt.importers.tflite.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    FullyConnectedWeights,
    Pool2DOptions,
    ReducerOptions,
)
from milliwatt.importers.tflite.rules.activation import clip, pads
from milliwatt.ir import DType, Op, Quant, TensorType, Value
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.reshape import Reshape


def conv_2d(step: Step) -> None:
    """CONV_2D with constant weights ``[O, KH, KW, C]``."""
    options, x = step.options(Conv2DOptions), _image(step)
    weights = per_channel(_weights(step, 4), 0, "the weights")
    kernel = (weights.shape[1], weights.shape[2])
    stride = (options.stride_h, options.stride_w)
    dilation = (options.dilation_h, options.dilation_w)
    op = Conv2d(
        _out(step),
        stride,
        pads(x.type.shape[1:3], kernel, stride, dilation, options.padding),
        dilation,
        clip(step, options.activation),
    )
    w = step.constant(1, step.data(1, "the filter"), weights, "conv")
    step.put(op, x, w, _bias(step, weights.shape[0]))


def depthwise_conv_2d(step: Step) -> None:
    """DEPTHWISE_CONV_2D with constant weights ``[1, KH, KW, O]``."""
    options, x = step.options(DepthwiseConv2DOptions), _image(step)
    stored = _weights(step, 4)
    filters, channels = stored.shape[3], x.type.shape[3]
    if stored.shape[0] != 1 or filters != channels * options.depth_multiplier:
        raise ShapeMismatch(
            f"the weights {stored} do not fit {channels} channels times the depth multiplier "
            f"{options.depth_multiplier}"
        )
    spread = per_channel(stored, 3, "the weights")
    quant = Quant(spread.quantized.scale, 0, 2)
    weights = replace(spread, shape=stored.shape[1:], quant=quant)
    stride = (options.stride_h, options.stride_w)
    dilation = (options.dilation_h, options.dilation_w)
    op = DepthwiseConv2d(
        _out(step),
        stride,
        pads(x.type.shape[1:3], weights.shape[:2], stride, dilation, options.padding),
        dilation,
        clip(step, options.activation),
    )
    w = step.constant(1, step.data(1, "the filter"), weights, "depthwise")
    step.put(op, x, w, _bias(step, filters))


def fully_connected(step: Step) -> None:
    """FULLY_CONNECTED: the input is read as rows of as many elements as the weights have."""
    options, x = step.options(FullyConnectedOptions), step.value(0)
    if options.weights_format is not FullyConnectedWeights.DEFAULT:
        raise UnsupportedOp(f"weights in the format {options.weights_format.name}; only DEFAULT")
    one_scale(x.type, "input")
    weights = _weights(step, 2)
    if weights.quant is None or weights.quant.axis is not None or weights.zero_point:
        weights = per_channel(weights, 0, "the weights")
    units, depth = weights.shape
    if x.type.size % depth:
        raise ShapeMismatch(
            f"input {x.type} is not made of rows of {depth}, as weights {weights} want"
        )
    rows = (x.type.size // depth, depth)
    flat = x if x.type.shape == rows else step.node("rows", Reshape(rows), x)
    w = step.constant(1, step.data(1, "the weights"), weights, "fully connected")
    op = FullyConnected(_out(step), clip(step, options.activation))
    step.put_reshaped(op, flat, w, _bias(step, units))


def average_pool_2d(step: Step) -> None:
    """AVERAGE_POOL_2D; one window over the whole image accumulates row by row."""
    options, x = step.options(Pool2DOptions), _image(step)
    window, stride, around, limits = _pool(step, x, options)
    if window == x.type.shape[1:3] and around == (0, 0, 0, 0):
        step.put(GlobalAveragePool(_out(step), limits), x)
    else:
        step.put(AveragePool2d(_out(step), window, stride, around, limits), x)


def max_pool_2d(step: Step) -> None:
    """MAX_POOL_2D."""
    options, x = step.options(Pool2DOptions), _image(step)
    window, stride, around, limits = _pool(step, x, options)
    step.put(MaxPool2d(_out(step), window, stride, around, limits), x)


def mean(step: Step) -> None:
    """MEAN over constant axes."""
    step.options(ReducerOptions)
    x = step.value(0)
    one_scale(x.type, "input")
    axes = {step.axis(a, len(x.type.shape)) for a in step.integers(1, "the axes")}
    op: Op = Mean(_out(step), tuple(sorted(axes)), keep_dims=True)
    step.put_reshaped(op, x)


Window = tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int], tuple[int, int]]


def _pool(step: Step, x: Value, options: Pool2DOptions) -> Window:
    """Return a pool's window, stride, padding and limits."""
    window = (options.filter_h, options.filter_w)
    stride = (options.stride_h, options.stride_w)
    around = pads(x.type.shape[1:3], window, stride, (1, 1), options.padding)
    return window, stride, around, clip(step, options.activation)


def _image(step: Step) -> Value:
    """Return operand 0, an image ``[N, H, W, C]`` with one scale."""
    x = step.value(0)
    if len(x.type.shape) != 4:
        raise ShapeMismatch(f"input is {x.type}; wanted [batch, height, width, channels]")
    one_scale(x.type, "input")
    return x


def _weights(step: Step, rank: int) -> TensorType:
    """Return the type of constant int8 weights as the file has them."""
    type_ = tensor_type(step.tensor(1))
    step.data(1, "the filter")
    if type_.dtype is not DType.S8:
        raise UnsupportedOp(f"weights are {type_}; only s8 is supported")
    if len(type_.shape) != rank:
        raise ShapeMismatch(f"weights are {type_}; wanted {rank} dimensions")
    return type_


def _bias(step: Step, count: int) -> Value:
    """Return the bias, zeros where the operator has none."""
    type_ = TensorType((count,), DType.S32)
    if not step.has(2):
        zeros = np.zeros(count, np.int32)
        name = step.lowering.unique(f"{step.tensor(1).name}/no_bias")
        return step.lowering.builder.constant(name, type_, zeros)
    stored = tensor_type(step.tensor(2))
    data = step.data(2, "the bias")
    if stored.dtype is not DType.S32 or stored.size != count:
        raise ShapeMismatch(f"bias is {stored}; wanted s32 with {count} elements")
    return step.constant(2, data, type_, "bias")


def _out(step: Step) -> Quant:
    return one_scale(step.output_type(), "output").quantized
