"""Make one move of two: reshapes, slices and transposes of their own kind."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from milliwatt.ir import Graph, Kind, Node, Op
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose


def merge_moves(graph: Graph) -> Graph:
    """Return ``graph`` in which no move reads a move of its kind that nothing else reads.

    A node that loses its last reader so is dropped.
    """
    merged: dict[Node, Node] = {}
    for node in graph.nodes:
        rule = RULES.get(type(node.op))
        first = graph.producer(node.inputs[0]) if rule is not None else None
        if first is None or rule is None or type(first.op) is not type(node.op):
            continue
        first = merged.get(first, first)
        alone = list(graph.users(node.inputs[0])) == [node] and node.inputs[0] not in graph.outputs
        variables = Kind.VARIABLE in (first.inputs[0].kind, node.inputs[0].kind, node.output.kind)
        if alone and not variables:
            merged[node] = replace(node, op=rule(first.op, node.op), inputs=first.inputs)
    if not merged:
        return graph
    nodes = [merged.get(n, n) for n in graph.nodes]
    read = {v for n in nodes for v in n.inputs} | set(graph.outputs)
    gone = {n.inputs[0] for n in merged} - read
    kept = tuple(n for n in nodes if n.output not in gone)
    return Graph(graph.name, graph.inputs, graph.outputs, kept)


def _reshapes(first: Op, second: Op) -> Op:
    del first
    return second


def _slices(first: Op, second: Op) -> Op:
    assert isinstance(first, StridedSlice)  # noqa: S101  (the table below says so)
    assert isinstance(second, StridedSlice)  # noqa: S101
    outer = list(zip(first.begin, first.stride, second.begin, second.stride, strict=True))
    begin = tuple(b1 + b2 * s1 for b1, s1, b2, _ in outer)
    return replace(second, begin=begin, stride=tuple(s1 * s2 for _, s1, _, s2 in outer))


def _transposes(first: Op, second: Op) -> Op:
    assert isinstance(first, Transpose)  # noqa: S101
    assert isinstance(second, Transpose)  # noqa: S101
    return Transpose(tuple(first.perm[a] for a in second.perm))


RULES: Mapping[type[Op], Callable[[Op, Op], Op]] = {
    Reshape: _reshapes,
    StridedSlice: _slices,
    Transpose: _transposes,
}
"""What two operators of a kind are together, the first one's result going into the second."""
