"""Remove nodes that give their input back as it is."""

from collections.abc import Callable, Mapping

import numpy as np

from milliwatt.ir import Graph, Kind, Node, Op, TensorType, Value
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.table import BYTES, ENTRIES, Table
from milliwatt.ops.nn.transpose import Transpose


def remove_moves(graph: Graph) -> Graph:
    """Return ``graph`` without nodes that change nothing.

    Nodes stay that give the graph's outputs, whose names are the user's, and those that read or
    write variables, whose place in the order is their meaning.
    """
    swap: dict[Value, Value] = {}
    kept: list[Node] = []
    for old in graph.nodes:
        node = old.with_inputs(swap)
        if _changes_nothing(node) and node.output not in graph.outputs:
            swap[node.output] = node.inputs[0]
        else:
            kept.append(node)
    if not swap:
        return graph
    return Graph(graph.name, graph.inputs, graph.outputs, tuple(kept))


def _changes_nothing(node: Node) -> bool:
    rule = RULES.get(type(node.op))
    if rule is None or node.inputs[0].type != node.output.type:
        return False
    kinds = (node.inputs[0].kind, node.output.kind)
    return Kind.VARIABLE not in kinds and rule(node.op, node.types[0])


def _of_equal_types(op: Op, x: TensorType) -> bool:
    """Hold for what cannot but keep every element in its place if it keeps the type."""
    del op, x
    return True


def _slices_nothing(op: Op, x: TensorType) -> bool:
    assert isinstance(op, StridedSlice)  # noqa: S101  (the table below says so)
    return all(s == 1 or n == 1 for s, n in zip(op.stride, x.shape, strict=True))


def _moves_no_axis(op: Op, x: TensorType) -> bool:
    assert isinstance(op, Transpose)  # noqa: S101
    long = [a for a in op.perm if x.shape[a] > 1]
    return long == sorted(long)


def _maps_to_itself(op: Op, x: TensorType) -> bool:
    """Try all 256 numbers."""
    if x.dtype not in BYTES:
        return False
    every = (np.arange(ENTRIES) + x.dtype.limits[0]).astype(x.dtype.numpy)
    (result,) = op.evaluate((TensorType((ENTRIES,), x.dtype, x.quant),), (every,))
    return np.array_equal(result, every)


RULES: Mapping[type[Op], Callable[[Op, TensorType], bool]] = {
    Copy: _of_equal_types,
    Pad: _of_equal_types,
    Requantize: _maps_to_itself,
    Reshape: _of_equal_types,
    StridedSlice: _slices_nothing,
    Table: _maps_to_itself,
    Transpose: _moves_no_axis,
}
"""When an operator whose input and output are of one type changes nothing."""
