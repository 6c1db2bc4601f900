"""How channels travel through operators. A channel is an index of a tensor's last axis.

An operator treats each operand in one of three ways:

- *carries* it: output channel ``j`` is made of channel ``source[j]`` alone, so the two stay or go
  together;
- *sums* it: every output channel may read every channel, each with weights of its own, so any of
  them can go whose contribution is known;
- *needs* it whole: no channel can go.

Weights and biases are none of these: they follow the output.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from milliwatt.ir import Kind, Node, Op, TensorType
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
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import Table
from milliwatt.ops.nn.transpose import Transpose

Indices = NDArray[np.int64]
OTHER = -1
"""In place of a source channel: this output channel comes from another operand."""


class Role(Enum):
    """What an operator does with an operand, if it does not carry it."""

    SUMMED = "summed"
    NEEDED = "needed whole"
    FOLLOWS = "weights or biases, which follow the output"


@dataclass(frozen=True, eq=False, slots=True)
class Carried:
    """Output channel ``j`` is made of channel ``source[j]`` of this operand, or of `OTHER`."""

    source: Indices


Treatment = Carried | Role


def depth(t: TensorType) -> int:
    """Return how many channels a tensor has; a scalar has one."""
    return t.shape[-1] if t.shape else 1


def treatment(node: Node) -> tuple[Treatment, ...]:
    """Return what ``node`` does with the channels of each operand."""
    op, out = node.op, node.output
    if out.kind is not Kind.RESULT:
        return (Role.NEEDED,) * len(node.inputs)
    if isinstance(op, Conv2d | FullyConnected | DepthwiseConv2d):
        if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
            return (Role.NEEDED,) * len(node.inputs)
        return (_first(node), Role.FOLLOWS, Role.FOLLOWS)
    if isinstance(op, Concatenation):
        return _joined(op, node)
    if isinstance(op, Add | Sub | Mul):
        same = tuple(depth(t) == depth(out.type) for t in node.types)
        return tuple(_as_it_is(out.type) if s else Role.NEEDED for s in same)
    return (_first(node),) if len(node.inputs) == 1 else (Role.NEEDED,) * len(node.inputs)


def _first(node: Node) -> Treatment:
    """Treat the first operand of an operator that reads only one tensor beside its weights."""
    op, x, y = node.op, node.types[0], node.output.type
    if isinstance(op, Conv2d | FullyConnected):
        return Role.SUMMED
    if isinstance(op, DepthwiseConv2d):
        return Carried(np.arange(depth(y)) // (depth(y) // depth(x)))
    if isinstance(op, Reshape):
        return Carried(np.arange(depth(y)) % depth(x)) if depth(y) % depth(x) == 0 else Role.NEEDED
    keeps = KEEPS_CHANNELS.get(type(op))
    return _as_it_is(y) if keeps is not None and keeps(op, x) else Role.NEEDED


def _as_it_is(y: TensorType) -> Carried:
    return Carried(np.arange(depth(y)))


def _joined(op: Concatenation, node: Node) -> tuple[Treatment, ...]:
    y = node.output.type
    if op.axis != len(y.shape) - 1:
        return tuple(_as_it_is(y) for _ in node.inputs)
    found: list[Treatment] = []
    begin = 0
    for t in node.types:
        source = np.full(depth(y), OTHER)
        source[begin : begin + depth(t)] = np.arange(depth(t))
        found.append(Carried(source))
        begin += depth(t)
    return tuple(found)


def _always(op: Op, x: TensorType) -> bool:
    del op, x
    return True


def _mean_keeps(op: Op, x: TensorType) -> bool:
    assert isinstance(op, Mean)  # noqa: S101  (the table below says so)
    return all(a % len(x.shape) != len(x.shape) - 1 for a in op.axes)


def _pad_keeps(op: Op, x: TensorType) -> bool:
    assert isinstance(op, Pad)  # noqa: S101
    return bool(x.shape) and op.pads[-1] == (0, 0)


def _slice_keeps(op: Op, x: TensorType) -> bool:
    assert isinstance(op, StridedSlice)  # noqa: S101
    return bool(x.shape) and (op.begin[-1], op.shape[-1]) == (0, x.shape[-1]) and op.stride[-1] == 1


def _transpose_keeps(op: Op, x: TensorType) -> bool:
    assert isinstance(op, Transpose)  # noqa: S101
    return bool(x.shape) and op.perm[-1] == len(x.shape) - 1


KEEPS_CHANNELS: Mapping[type[Op], Callable[[Op, TensorType], bool]] = {
    AveragePool2d: _always,
    Copy: _always,
    Dequantize: _always,
    GlobalAveragePool: _always,
    MaxPool2d: _always,
    Mean: _mean_keeps,
    Pad: _pad_keeps,
    Quantize: _always,
    Requantize: _always,
    StridedSlice: _slice_keeps,
    Table: _always,
    Transpose: _transpose_keeps,
}
"""When an operator of one operand leaves each channel where it is. Unnamed operators do not."""
