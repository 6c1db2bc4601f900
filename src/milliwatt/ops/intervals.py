"""What a tensor can hold, whatever comes in: a lowest and a highest integer for every element.

Bounds follow from the operators' own integer arithmetic, never from samples. An operator that
never decreases when an operand grows is evaluated at the lowest and at the highest operands. A
weighted sum takes each weight's lower product for one bound and its higher for the other; taps
outside the image read the zero point, hence add exactly nothing. Requantisation never decreases,
since multipliers are not negative; where an int32 could wrap on the way, which is the one thing
that breaks the argument, the element gets its operator's full range. So bounds may be too wide,
never too narrow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from milliwatt.ir import Array, DType, Graph, Kind, Node, Op, TensorType, Types, Value
from milliwatt.ops.fixed import INT32_MAX, INT32_MIN, Int64, requantize
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.conv2d import Conv2d, channel_multipliers, taps
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import ENTRIES, Table
from milliwatt.ops.nn.transpose import Transpose

Weighted = Conv2d | DepthwiseConv2d | FullyConnected
"""The operators with an int32 accumulator that is requantised channel by channel."""


@dataclass(frozen=True, eq=False, slots=True)
class Interval:
    """Bounds of a tensor, both inclusive, both of one shape and integer dtype."""

    low: Array
    high: Array

    @property
    def exact(self) -> bool:
        """Whether every element is known."""
        return self.low is self.high or bool(np.array_equal(self.low, self.high))

    def channels(self) -> tuple[Array, Array]:
        """Return the lowest and the highest of each channel, that is along the last axis."""
        depth = self.low.shape[-1] if self.low.ndim else 1
        return self.low.reshape(-1, depth).min(axis=0), self.high.reshape(-1, depth).max(axis=0)


Operands = tuple[Interval, ...]


def full(t: TensorType, clip: tuple[int, int] | None = None) -> Interval | None:
    """Return everything that a tensor of type ``t`` can hold; None for floats."""
    if t.dtype is DType.F32:
        return None
    low, high = clip or t.dtype.limits
    return Interval(np.full(t.shape, low, t.dtype.numpy), np.full(t.shape, high, t.dtype.numpy))


def intervals(graph: Graph) -> Mapping[Value, Interval | None]:
    """Return the bounds of every value over all inputs and all states; None for floats."""
    known: dict[Value, Interval | None] = {}
    for v in graph.values.values():
        if v.kind is Kind.CONSTANT and v.data is not None and v.type.dtype is not DType.F32:
            known[v] = Interval(v.data, v.data)
        elif v.kind is not Kind.RESULT:
            known[v] = full(v.type)
    for node in graph.nodes:
        if node.output.kind is Kind.RESULT:
            known[node.output] = interval(node, [known[v] for v in node.inputs])
    return known


def interval(node: Node, operands: list[Interval | None]) -> Interval | None:
    """Return the bounds of ``node``'s output for operands within theirs."""
    rule = RULES.get(type(node.op))
    given = tuple(v for v in operands if v is not None)
    if rule is None or len(given) < len(operands):
        return full(node.output.type)
    return rule(node.op, node.types, given)


def accumulator_bounds(
    node: Node | None, known: Mapping[Value, Interval | None]
) -> tuple[Int64, Int64] | None:
    """Return the lowest and highest sum of each output channel of ``node``, ``[O]`` both.

    Sums are bounded as if nothing wrapped. None where ``node`` has no weights, or no constant ones.

    Args:
        node: a node; None gives None.
        known: the bounds of its operands.
    """
    if node is None or not isinstance(node.op, Weighted):
        return None
    operands = tuple(v for v in (known[v] for v in node.inputs) if v is not None)
    sums = accumulators(node.op, node.types, operands)
    if sums is None:
        return None
    depth = sums[0].shape[-1]
    return sums[0].reshape(-1, depth).min(axis=0), sums[1].reshape(-1, depth).max(axis=0)


def accumulators(op: Weighted, types: Types, operands: Operands) -> tuple[Int64, Int64] | None:
    """Return the lowest and highest sum before it is requantised, as if nothing wrapped.

    Both are ``[N, OH, OW, O]``, or ``[M, O]`` of a fully connected layer. A sum outside int32
    wraps. None where weights or biases are not constant.
    """
    x, w, bias = operands
    if not (w.exact and bias.exact):
        return None
    (y,) = op.infer(types)
    low = np.broadcast_to(bias.low.astype(np.int64), y.shape).copy()
    high = low.copy()
    if isinstance(op, FullyConnected):
        centred = tuple(end.astype(np.int64) - types[0].zero_point for end in (x.low, x.high))
        _add_products(low, high, centred, w.low.T, sums=True)
        return low, high
    if isinstance(op, Conv2d):
        for p, q in np.ndindex(*w.low.shape[1:3]):
            ends = _tap(op, types, y, x, (p, q))
            _add_products(low, high, ends, w.low[:, p, q].T, sums=True)
        return low, high
    multiplier = y.shape[3] // types[0].shape[3]
    for p, q in np.ndindex(*w.low.shape[:2]):
        ends = tuple(np.repeat(end, multiplier, axis=3) for end in _tap(op, types, y, x, (p, q)))
        _add_products(low, high, ends, w.low[p, q], sums=False)
    return low, high


def _tap(
    op: Conv2d | DepthwiseConv2d, types: Types, y: TensorType, x: Interval, at: tuple[int, int]
) -> tuple[Array, ...]:
    window = (at, op.stride, op.dilation, op.pad)
    return tuple(taps(end, types[0], y, *window) for end in (x.low, x.high))


def _add_products(
    low: Int64, high: Int64, ends: tuple[Array, ...], w: Array, *, sums: bool
) -> None:
    """Add the bounds of ``x @ w``, or of ``x * w``, for ``x`` between ``ends``."""
    least, most = (end.astype(np.float64) for end in ends)
    positive = np.maximum(w.astype(np.float64), 0)
    negative = np.minimum(w.astype(np.float64), 0)
    # float64 holds sums of int9 by int8 products exactly below 2**36 terms, and uses BLAS
    if sums:
        low += (least @ positive + most @ negative).astype(np.int64)
        high += (most @ positive + least @ negative).astype(np.int64)
    else:
        low += (least * positive + most * negative).astype(np.int64)
        high += (most * positive + least * negative).astype(np.int64)


def _scaled(
    sums: tuple[Int64, Int64],
    multipliers: tuple[Array | int, Array | int],
    y: TensorType,
    clip: tuple[int, int],
) -> Interval:
    """Return the bounds of requantised, clamped sums; the whole clip where int32 may wrap."""
    low, high = sums
    shift = np.maximum(np.asarray(multipliers[1], np.int64), 0)
    safe = (low >= INT32_MIN) & (high <= INT32_MAX)
    low, high = np.where(safe, low, 0), np.where(safe, high, 0)
    safe &= (low << shift >= INT32_MIN) & (high << shift <= INT32_MAX)
    ends = [requantize(end, *multipliers).astype(np.int64) + y.zero_point for end in (low, high)]
    safe &= (ends[0] >= INT32_MIN) & (ends[1] <= INT32_MAX)
    bounds = (np.where(safe, np.clip(e, *clip), c) for e, c in zip(ends, clip, strict=True))
    return Interval(*(b.astype(y.dtype.numpy) for b in bounds))


def _weighted(op: Op, types: Types, operands: Operands) -> Interval | None:
    assert isinstance(op, Weighted)  # noqa: S101  (the table below says so)
    (y,) = op.infer(types)
    sums = accumulators(op, types, operands)
    if sums is None or types[0].dtype is DType.S16:  # which rounds otherwise than `_scaled`
        return full(y, op.clip)
    return _scaled(sums, channel_multipliers(types[0], types[1], op.out), y, op.clip)


def _mean(op: Op, types: Types, operands: Operands) -> Interval | None:
    assert isinstance(op, Mean)  # noqa: S101
    (x,), (y,) = types, op.infer(types)
    axes = tuple(sorted({a % len(x.shape) for a in op.axes}))
    centre = op.number(x) * x.zero_point
    ends = (operands[0].low, operands[0].high)
    low, high = (e.astype(np.int64).sum(axis=axes).reshape(y.shape) - centre for e in ends)
    return _scaled((low, high), op.multiplier(x), y, y.dtype.limits)


def _requantize(op: Op, types: Types, operands: Operands) -> Interval | None:
    assert isinstance(op, Requantize)  # noqa: S101
    (x,), (y,) = types, op.infer(types)
    low, high = (e.astype(np.int64) - x.zero_point for e in (operands[0].low, operands[0].high))
    return _scaled((low, high), op.multiplier(x), y, y.dtype.limits)


def _never_decreases(op: Op, types: Types, operands: Operands) -> Interval | None:
    (low,) = op.evaluate(types, tuple(v.low for v in operands))
    (high,) = op.evaluate(types, tuple(v.high for v in operands))
    return Interval(low, high)


def _difference(op: Op, types: Types, operands: Operands) -> Interval | None:
    a, b = operands
    (low,) = op.evaluate(types, (a.low, b.high))
    (high,) = op.evaluate(types, (a.high, b.low))
    return Interval(low, high)


def _product(op: Op, types: Types, operands: Operands) -> Interval | None:
    """Bounds lie at corners: a product is linear in each factor, and rescaling never decreases."""
    a, b = operands
    corners = [op.evaluate(types, (i, j))[0] for i in (a.low, a.high) for j in (b.low, b.high)]
    return Interval(np.minimum.reduce(corners), np.maximum.reduce(corners))


def _table(op: Op, types: Types, operands: Operands) -> Interval | None:
    """Look for the lowest and highest entry between the bounds."""
    assert isinstance(op, Table)  # noqa: S101
    entries = np.array(op.table, op.dtype.numpy)
    first, last = (
        e.astype(np.int64) - types[0].dtype.limits[0] for e in (operands[0].low, operands[0].high)
    )
    least = np.empty((ENTRIES, ENTRIES), entries.dtype)
    most = np.empty_like(least)
    for i in np.unique(first):
        least[i, i:] = np.minimum.accumulate(entries[i:])
        most[i, i:] = np.maximum.accumulate(entries[i:])
    return Interval(least[first, last], most[first, last])


RULES: Mapping[type[Op], Callable[[Op, Types, Operands], Interval | None]] = {
    Add: _never_decreases,
    AveragePool2d: _never_decreases,
    Concatenation: _never_decreases,
    Conv2d: _weighted,
    Copy: _never_decreases,
    DepthwiseConv2d: _weighted,
    FullyConnected: _weighted,
    GlobalAveragePool: _never_decreases,
    MaxPool2d: _never_decreases,
    Mean: _mean,
    Mul: _product,
    Pad: _never_decreases,
    Requantize: _requantize,
    Reshape: _never_decreases,
    StridedSlice: _never_decreases,
    Sub: _difference,
    Table: _table,
    Transpose: _never_decreases,
}
"""A rule for each operator; where there is none, a result may be anything its type holds."""
