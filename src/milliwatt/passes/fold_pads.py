"""Fold padding into the window that reads it.

A convolution reads zero points outside its image, so a pad with the zero point is its own. Maximum
pooling ignores what lies outside; so it may ignore a pad whose value nothing in the image is below.
Average pooling counts a pad as pixels and never its own outside: the two differ.
"""

from collections.abc import Mapping
from dataclasses import replace

from milliwatt.ir import Graph, Node, Value
from milliwatt.ops.intervals import Interval, intervals
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.pad import Pad

Bounds = Mapping[Value, Interval | None]


def fold_pads(graph: Graph) -> Graph:
    """Return ``graph`` without pads that all their readers can do themselves."""
    pads = [n for n in graph.nodes if isinstance(n.op, Pad) and n.output not in graph.outputs]
    if not pads:
        return graph
    known = intervals(graph)
    folded: dict[Node, Node] = {}
    gone: set[Node] = set()
    for pad in pads:
        readers = list(graph.users(pad.output))
        if readers and all(_folds(pad, reader, known) for reader in readers):
            gone.add(pad)
            folded |= {reader: _merged(pad, reader) for reader in readers}
    if not gone:
        return graph
    nodes = tuple(folded.get(n, n) for n in graph.nodes if n not in gone)
    return Graph(graph.name, graph.inputs, graph.outputs, nodes)


def _folds(pad: Node, reader: Node, known: Bounds) -> bool:
    assert isinstance(pad.op, Pad)  # noqa: S101  (picked as such)
    (x,), pads = pad.types, pad.op.pads
    if len(x.shape) != 4 or x.shape[0] != 1 or pads[0] != (0, 0) or pads[3] != (0, 0):
        return False
    if reader.inputs.count(pad.output) != 1 or reader.inputs[0] is not pad.output:
        return False
    if isinstance(reader.op, Conv2d | DepthwiseConv2d):
        return pad.op.filler(x) == x.zero_point
    if not isinstance(reader.op, MaxPool2d):
        return False
    bounds, (high, wide) = known[pad.inputs[0]], reader.op.window
    within = all(p < k for p, k in zip(_total(pad, reader), (high, high, wide, wide), strict=True))
    return within and bounds is not None and int(bounds.channels()[0].min()) >= pad.op.filler(x)


def _total(pad: Node, reader: Node) -> tuple[int, int, int, int]:
    """Return the padding of both, as top, bottom, left, right."""
    assert isinstance(pad.op, Pad)  # noqa: S101
    assert isinstance(reader.op, Conv2d | DepthwiseConv2d | MaxPool2d)  # noqa: S101
    (top, bottom), (left, right) = pad.op.pads[1:3]
    own = reader.op.pad
    return own[0] + top, own[1] + bottom, own[2] + left, own[3] + right


def _merged(pad: Node, reader: Node) -> Node:
    assert isinstance(reader.op, Conv2d | DepthwiseConv2d | MaxPool2d)  # noqa: S101
    op = replace(reader.op, pad=_total(pad, reader))
    return replace(reader, op=op, inputs=(pad.inputs[0], *reader.inputs[1:]))
