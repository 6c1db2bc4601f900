"""How each PyTorch operator becomes ours: one row of a table, one short function."""

from collections.abc import Callable, Mapping

import numpy as np

from milliwatt.errors import UnsupportedOp
from milliwatt.importers.torch.lowering import (
    FROM_IMAGE,
    IMAGE_RANK,
    TO_IMAGE,
    Step,
    our_axis,
    our_shape,
    quantized,
)
from milliwatt.importers.torch.program import REQUANTIZE
from milliwatt.ir import Array, Value
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.concatenation import MAX_OPERANDS, Concatenation
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import Table
from milliwatt.ops.nn.transpose import Transpose

Rule = Callable[[Step], Value]


def add(step: Step) -> Value:
    """Add two activations."""
    step.layer.want("alpha", allowed=[1])
    return step.result(Add(step.out, step.clip()), *_operands(step))


def mul(step: Step) -> Value:
    """Multiply two activations."""
    return step.result(Mul(step.out, step.clip()), *_operands(step))


def conv2d(step: Step) -> Value:
    """Convolve, all channels together or each by itself."""
    x, weight = step.value("input"), step.layer.constant("weight")
    pad_h, pad_w = step.layer.pair("padding")
    stride, dilation = step.layer.pair("stride"), step.layer.pair("dilation")
    pad = (pad_h, pad_h, pad_w, pad_w)
    (groups,) = step.layer.integers("groups")
    channels = x.type.shape[-1]
    if groups == 1:
        w = step.weights(weight.integers.transpose(0, 2, 3, 1), weight, axis=0)
        op = Conv2d(step.out, stride, pad, dilation, step.clip())
        return step.result(op, x, w, step.bias(x.type.quantized, w))
    if groups != channels:
        raise UnsupportedOp(
            f"{groups} groups of {channels} channels; 1 and {channels} (depthwise) are supported"
        )
    w = step.weights(weight.integers[:, 0].transpose(1, 2, 0), weight, axis=2)
    depthwise = DepthwiseConv2d(step.out, stride, pad, dilation, step.clip())
    return step.result(depthwise, x, w, step.bias(x.type.quantized, w))


def linear(step: Step) -> Value:
    """Weigh and sum a whole row for each output."""
    x, weight = step.value("input"), step.layer.constant("weight")
    w = step.weights(weight.integers, weight, axis=0)
    op = FullyConnected(step.out, step.clip())
    return step.result(op, x, w, step.bias(x.type.quantized, w))


def avg_pool2d(step: Step) -> Value:
    """Average windows; padding would count as zeros, which ours never does."""
    step.layer.want("ceil_mode", allowed=[False])
    step.layer.want("divisor_override", allowed=[None])
    if any(step.layer.integers("padding")):
        step.layer.want("count_include_pad", allowed=[False])
    window, stride, pad = _window(step)
    return step.result(
        AveragePool2d(step.out, window, stride, pad, step.clip()), step.value("self")
    )


def adaptive_avg_pool2d(step: Step) -> Value:
    """Average the whole image."""
    if step.layer.pair("output_size") != (1, 1):
        found = list(step.layer.pair("output_size"))
        raise UnsupportedOp(f"output_size is {found}; only [1, 1] is supported")
    return step.result(GlobalAveragePool(step.out, step.clip()), step.value("self"))


def max_pool2d(step: Step) -> Value:
    """Take the maximum of windows."""
    step.layer.want("ceil_mode", allowed=[False])
    if step.layer.pair("dilation") != (1, 1):
        raise UnsupportedOp(f"dilation is {step.layer.pair('dilation')}; only 1 is supported")
    window, stride, pad = _window(step)
    return step.result(MaxPool2d(step.out, window, stride, pad, step.clip()), step.value("self"))


def mean(step: Step) -> Value:
    """Average over axes."""
    x, rank = step.value("self"), len(step.layer.tensor("self").shape)
    axes = {a % rank for a in step.layer.integers("dim")}
    kept = bool(step.layer.arguments.get("keepdim"))
    if rank == IMAGE_RANK and not kept and 1 not in axes and not axes >= {2, 3}:
        raise UnsupportedOp(
            f"mean over axes {sorted(axes)} of an image leaves channels before pixels; "
            "use keepdim=True, or average height and width together"
        )
    _unbounded(step)
    ours = tuple(sorted(our_axis(a, rank) for a in axes))
    return step.result(Mean(step.out, ours, keep_dims=kept), x)


def cat(step: Step) -> Value:
    """Put tensors side by side."""
    _unbounded(step)
    parts = step.values("tensors")
    op = Concatenation(our_axis(step.layer.integers("dim")[0], len(parts[0].type.shape)))
    while len(parts) > MAX_OPERANDS:
        parts[:MAX_OPERANDS] = [step.node("part", op, *parts[:MAX_OPERANDS])]
    return step.result(op, *parts)


def reshape(step: Step) -> Value:
    """Keep the elements in PyTorch's order, hence go by way of it where images are involved."""
    _unbounded(step)
    x, before, after = step.value("self"), step.layer.tensor("self").shape, step.layer.output.shape
    if not _same_order(before):
        x = step.node("channels_first", Transpose(FROM_IMAGE), x)
    if _same_order(after):
        return step.result(Reshape(our_shape(after)), x)
    return step.result(Transpose(TO_IMAGE), step.node("reshaped", Reshape(after), x))


def bounded(step: Step) -> Value:
    """Tabulate an activation function that stands alone."""
    low, high = (0.0, np.inf)
    if "max_val" in step.layer.arguments:
        low, high = (step.layer.number(k) for k in ("min_val", "max_val"))
    return _table(step, lambda real: np.clip(real, low, high))


def sub(step: Step) -> Value:
    """Subtract one activation from another."""
    step.layer.want("alpha", allowed=[1])
    return step.result(Sub(step.out, step.clip()), *_operands(step))


def tabulated(function: Callable[[Array], Array]) -> Rule:
    """Return the rule of a function of one number."""

    def rule(step: Step) -> Value:
        _unbounded(step)
        return _table(step, function)

    return rule


def softmax(step: Step) -> Value:
    """Exponentials that sum to one along our last axis, or along the width of one channel."""
    _unbounded(step)
    shape = step.layer.tensor("self").shape
    (axis,) = step.layer.integers("dim")
    axis, rank = axis % len(shape), len(shape)
    x, op = step.value("self"), Softmax()
    if our_axis(axis, rank) == rank - 1:
        return step.result(op, x)
    if rank != IMAGE_RANK or axis != rank - 1 or shape[1] != 1:
        raise UnsupportedOp(
            f"softmax over axis {axis} of {list(shape)}; wanted the channels of an image, the "
            "width of one with a single channel, or the last axis of anything else"
        )
    rows = step.node("rows", Reshape(x.type.shape[:-1]), x)
    return step.result(Reshape(x.type.shape), step.node("softmax", op, rows))


def part(step: Step) -> Value:
    """Take a part along one axis; all of it is a view."""
    _unbounded(step)
    x, rank = step.value("self"), len(step.layer.tensor("self").shape)
    axis = our_axis(step.layer.integers("dim")[0], rank)
    size = x.type.shape[axis]
    given = (step.layer.arguments[k] for k in ("start", "end", "step"))
    start, end, stride = slice(*(g if isinstance(g, int) else None for g in given)).indices(size)
    if (start, end, stride) == (0, size, 1):
        return step.result(Reshape(x.type.shape), x)
    begin, strides, shape = [0] * rank, [1] * rank, list(x.type.shape)
    begin[axis], strides[axis], shape[axis] = start, stride, len(range(start, end, stride))
    return step.result(StridedSlice(tuple(begin), tuple(strides), tuple(shape)), x)


def transpose(step: Step) -> Value:
    """Swap two axes; where one of them and all between are 1 nothing moves."""
    _unbounded(step)
    x, rank = step.value("self"), len(step.layer.tensor("self").shape)
    first, last = sorted(our_axis(step.layer.integers(k)[0], rank) for k in ("dim0", "dim1"))
    axes = list(range(rank))
    axes[first], axes[last] = last, first
    if sum(n > 1 for n in x.type.shape[first : last + 1]) <= 1:
        return step.result(Reshape(tuple(x.type.shape[a] for a in axes)), x)
    return step.result(Transpose(tuple(axes)), x)


def requantize(step: Step) -> Value:
    """Bring the same numbers to another scale."""
    return step.result(Requantize(step.out, step.layer.output.dtype), step.value("x"))


def _sigmoid(real: Array) -> Array:
    y: Array = np.reciprocal(1 + np.exp(np.negative(real)))
    return y


def _table(step: Step, function: Callable[[Array], Array]) -> Value:
    x = step.value("self")
    real = (np.arange(-128, 128) - x.type.zero_point) * np.float64(x.type.scale)
    entries = quantized(function(real), step.out)
    return step.result(Table(step.out, tuple(int(e) for e in entries)), x)


def _operands(step: Step) -> tuple[Value, Value]:
    a, b = step.layer.tensor("self"), step.layer.tensor("other")
    if len(a.shape) != len(b.shape):
        raise UnsupportedOp(
            f"shapes {list(a.shape)} and {list(b.shape)} differ in rank; give both the same axes"
        )
    return step.value("self"), step.value("other")


def _window(step: Step) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int]]:
    window = step.layer.pair("kernel_size")
    stride = step.layer.pair("stride") if step.layer.integers("stride") else window
    pad_h, pad_w = step.layer.pair("padding")
    return window, stride, (pad_h, pad_h, pad_w, pad_w)


def _same_order(shape: tuple[int, ...]) -> bool:
    """Say whether the elements of a tensor lie in memory as PyTorch has them."""
    return len(shape) != IMAGE_RANK or shape[1] == 1 or shape[2] * shape[3] == 1


def _unbounded(step: Step) -> None:
    if step.layer.bounds is not None:
        raise UnsupportedOp("an activation function behind it; quantise in between")


RULES: Mapping[str, Rule] = {
    "aten.adaptive_avg_pool2d.default": adaptive_avg_pool2d,
    "aten.add.Tensor": add,
    "aten.avg_pool2d.default": avg_pool2d,
    "aten.cat.default": cat,
    "aten.conv2d.default": conv2d,
    "aten.flatten.using_ints": reshape,
    "aten.hardtanh.default": bounded,
    "aten.linear.default": linear,
    "aten.max_pool2d.default": max_pool2d,
    "aten.mean.dim": mean,
    "aten.mul.Tensor": mul,
    "aten.relu.default": bounded,
    "aten.relu_.default": bounded,
    "aten.reshape.default": reshape,
    "aten.sigmoid.default": tabulated(_sigmoid),
    "aten.slice.Tensor": part,
    "aten.softmax.int": softmax,
    "aten.sub.Tensor": sub,
    "aten.tanh.default": tabulated(np.tanh),
    "aten.transpose.int": transpose,
    "aten.view.default": reshape,
    REQUANTIZE: requantize,
}
