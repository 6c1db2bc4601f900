"""What a model means on a signal without end: the definition that pushed rows must equal.

Row ``r`` of a layer is its operator on rows ``r * stride - pad`` to ``… + span - 1`` of its input,
as everywhere. But the input has no last row, so nothing stands behind it; and the rows before row
0, which the operator pads as ever, are those before the whole signal. In other words: the model is
given all of the signal at once and pads at its beginning alone. A sum over all ``n`` rows of a
tensor becomes, for each row ``r``, the same sum over rows ``r`` to ``r + n - 1``.

Rows are computed as soon as they can be, each once, by the operators' own `evaluate` on just the
rows that they read.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from milliwatt.errors import InputError
from milliwatt.ir import Array, Graph, Kind, Node, Op, Special, TensorType, Value, Window
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.pool import Pool2d
from milliwatt.plan import sliding_windows


class Endless:
    """Runs a graph of one input on a signal, row by row."""

    def __init__(self, graph: Graph) -> None:
        """Take ``graph``, which must be able to slide (see `milliwatt.plan.push.sliding`)."""
        self.graph = graph
        self.reset()

    def reset(self) -> None:
        """Begin a new signal."""
        self._rows: dict[Value, list[Array]] = {v: [] for v in self.graph.values.values()}

    def push(self, row: Array) -> tuple[Array, ...] | None:
        """Take a row of the input, of any shape; return the outputs if that gives them a row.

        Raises:
            InputError: the row has another size or type than a row of the input.
        """
        (source,) = self.graph.inputs
        if row.size != source.type.row_size or row.dtype != source.type.dtype.numpy:
            raise InputError(
                f"row: found {row.dtype} {list(row.shape)}, wanted {source.type.row_size} numbers "
                f"of {source.type.dtype.numpy}"
            )
        self._rows[source].append(row.reshape(_of_rows(source.type, 1).shape))
        before = len(self._rows[self.graph.outputs[0]])
        for node in self.graph.nodes:
            while self._ready(node):
                self._compute(node)
        if len(self._rows[self.graph.outputs[0]]) == before:
            return None
        return tuple(self._rows[v][-1] for v in self.graph.outputs)

    def layers(self) -> Mapping[str, Array]:
        """Return what every node has computed so far, ``[rows, row size]`` by its name."""
        return {
            node.name: np.array(self._rows[node.output], node.output.type.dtype.numpy).reshape(
                len(self._rows[node.output]), -1
            )
            for node in self.graph.nodes
        }

    def _ready(self, node: Node) -> bool:
        row = len(self._rows[node.output])
        reads = ((_reads(window, row), v) for window, v in _operands(node))
        return all(last <= len(self._rows[v]) for (_, last), v in reads)

    def _compute(self, node: Node) -> None:
        row, before = len(self._rows[node.output]), 0
        given: dict[Value, Array] = {}
        for window, v in _operands(node):
            first, last = _reads(window, row)
            before = max(before, -first)
            given[v] = np.concatenate(self._rows[v][max(0, first) : last], v.type.row_axis or 0)
        arrays = tuple(given[v] if v in given else _constant(v) for v in node.inputs)
        types = tuple(
            _of_rows(v.type, len(given[v]) if v.type.row_axis == 0 else given[v].shape[1])
            if v in given and v.type.row_axis is not None
            else v.type
            for v in node.inputs
        )
        op = _for_a_row(node.op, node.output.type, before)
        (result,) = op.evaluate(types, arrays)
        self._rows[node.output].append(result)


def _operands(node: Node) -> list[tuple[Window, Value]]:
    """Return the operands that are rows of the signal, each with its window."""
    rule = sliding_windows(node)
    windows = (Window(),) * len(node.inputs) if isinstance(rule, Special) else rule
    pairs = zip(windows, node.inputs, strict=True)
    return [(w or Window(), v) for w, v in pairs if v.kind is not Kind.CONSTANT]


def _reads(window: Window, row: int) -> tuple[int, int]:
    """Return the first row that an output row reads, and the one behind its last."""
    first = row * (window.stride or 1) - window.pad
    return first, first + window.span


def _of_rows(t: TensorType, rows: int) -> TensorType:
    """Return ``t`` with so many rows."""
    axis = t.row_axis
    if axis is None:
        return t
    return replace(t, shape=(*t.shape[:axis], rows, *t.shape[axis + 1 :]))


def _for_a_row(op: Op, y: TensorType, before: int) -> Op:
    """Return ``op`` as it computes one row, with so many rows of padding before its operand."""
    if isinstance(op, Conv2d | DepthwiseConv2d | Pool2d):
        return replace(op, pad=(before, 0, *op.pad[2:]))
    if isinstance(op, StridedSlice) and y.row_axis is not None:
        axis = y.row_axis
        begin = (*op.begin[:axis], 0, *op.begin[axis + 1 :])
        return replace(op, begin=begin, shape=_of_rows(y, 1).shape)
    if isinstance(op, Reshape):
        return replace(op, shape=_of_rows(y, 1).shape)
    return op


def _constant(v: Value) -> Array:
    assert v.data is not None  # noqa: S101  (the verifier's rule)
    return v.data
