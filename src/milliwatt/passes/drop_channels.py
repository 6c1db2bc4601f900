"""Rewrite a graph without some of its channels; which ones, others decide."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from milliwatt.ir import Array, DType, Graph, Kind, Node, Op, TensorType, Value
from milliwatt.ops.fixed import wrap_int32
from milliwatt.ops.intervals import Interval
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.passes.channels import Role, treatment
from milliwatt.passes.sums import Flags, contributions


def drop_channels(
    graph: Graph, live: Mapping[Value, Flags], known: Mapping[Value, Interval | None]
) -> Graph:
    """Return ``graph`` with only the ``live`` channels; names stay.

    Args:
        graph: the graph.
        live: ``[C]`` for each value but weights; whole groups of `passes/liveness.py`.
        known: the bounds of its values, for constants that go into biases.
    """
    swap = {v: _dropped(v, flags) for v, flags in live.items() if not flags.all()}
    if not swap:
        return graph
    readers: dict[Value, int] = {}
    for node in graph.nodes:
        for v in set(node.inputs):
            readers[v] = readers.get(v, 0) + 1
    nodes = []
    for node in graph.nodes:
        op, inputs = _narrowed(node.op, swap.get(node.output)), node.with_inputs(swap).inputs
        if Role.FOLLOWS in treatment(node):
            inputs = (inputs[0], *_weights(node, live, known, readers))
        outputs = tuple(swap.get(v, v) for v in node.outputs)
        nodes.append(Node(node.name, op, inputs, outputs))
    return Graph(graph.name, graph.inputs, graph.outputs, tuple(nodes))


def narrow(t: TensorType, axis: int, keep: Flags) -> TensorType:
    """Return ``t`` with only the indices ``keep`` of ``axis``, and their scales."""
    shape = (*t.shape[:axis], int(keep.sum()), *t.shape[axis + 1 :])
    quant = t.quant
    if quant is not None and quant.axis == axis:
        scales = tuple(s for s, k in zip(quant.scale, keep, strict=True) if k)
        quant = replace(quant, scale=scales)
    return TensorType(shape, t.dtype, quant)


def _dropped(v: Value, keep: Flags) -> Value:
    type_ = narrow(v.type, len(v.type.shape) - 1, keep)
    return Value(v.name, type_, v.kind, None if v.data is None else _frozen(v.data[..., keep]))


def _narrowed(op: Op, y: Value | None) -> Op:
    """Return ``op`` for an output of fewer channels; most operators take them as they come."""
    if y is not None and isinstance(op, Reshape | StridedSlice):
        return replace(op, shape=(*op.shape[:-1], y.type.shape[-1]))
    return op


def _weights(
    node: Node,
    live: Mapping[Value, Flags],
    known: Mapping[Value, Interval | None],
    readers: Mapping[Value, int],
) -> tuple[Value, Value]:
    """Return weights and bias for the live channels, with what the others add."""
    x, w, bias = node.inputs
    assert w.data is not None  # noqa: S101  (`passes/channels.py` saw to it)
    assert bias.data is not None  # noqa: S101
    inside, outside = live[x], live[node.output]
    if inside.all() and outside.all():
        return w, bias
    last, content, sums = len(w.type.shape) - 1, w.data, bias.data.astype(np.int64)
    if isinstance(node.op, DepthwiseConv2d):
        w_type, content = narrow(w.type, last, outside), content[..., outside]
    else:
        w_type = narrow(narrow(w.type, 0, outside), last, inside)
        content = content[outside][..., inside]
        sums = sums + contributions(node, known[x]).amount[:, ~inside].sum(axis=1)
    kept = sums[outside]  # sums of int16 are 64 bits wide, those of int8 wrap
    folded = (wrap_int32(kept) if bias.type.dtype is DType.S32 else kept).astype(bias.data.dtype)
    return (
        Value(_name(w, node, readers), w_type, Kind.CONSTANT, _frozen(content)),
        Value(
            _name(bias, node, readers),
            narrow(bias.type, 0, outside),
            Kind.CONSTANT,
            _frozen(folded),
        ),
    )


def _name(constant: Value, node: Node, readers: Mapping[Value, int]) -> str:
    """Keep the name, unless other nodes read the same constant and keep it as it is."""
    return constant.name if readers[constant] == 1 else f"{constant.name} of {node.name}"


def _frozen(data: Array) -> Array:
    copied = np.ascontiguousarray(data).copy()
    copied.flags.writeable = False
    return copied
