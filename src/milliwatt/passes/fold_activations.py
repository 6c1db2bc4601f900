"""Fold tables that only clip into the layer before, which clips anyway."""

from dataclasses import replace

import numpy as np

from milliwatt.ir import DType, Graph, Node
from milliwatt.ops.binary import Binary
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.table import Table
from milliwatt.ops.pool import Pool2d

Clipping = Binary | Conv2d | DepthwiseConv2d | FullyConnected | GlobalAveragePool | Pool2d
"""The operators that clamp what they compute to an attribute ``clip``."""


def fold_activations(graph: Graph) -> Graph:
    """Return ``graph`` without tables that clip what no other node reads.

    The layer that remains gives the table's result and has its name.
    """
    swap: dict[Node, Node | None] = {}
    for table in graph.nodes:
        producer = graph.producer(table.inputs[0]) if isinstance(table.op, Table) else None
        if producer is None or producer in swap or producer.output in graph.outputs:
            continue
        clip = _clip(producer, table)
        if clip is None or list(graph.users(producer.output)) != [table]:
            continue
        assert isinstance(producer.op, Clipping)  # noqa: S101  (`_clip` saw to it)
        swap[producer] = replace(table, op=replace(producer.op, clip=clip), inputs=producer.inputs)
        swap[table] = None
    if not swap:
        return graph
    nodes = tuple(kept for n in graph.nodes if (kept := swap.get(n, n)) is not None)
    return Graph(graph.name, graph.inputs, graph.outputs, nodes)


def _clip(producer: Node, table: Node) -> tuple[int, int] | None:
    """Return the limits that do what ``table`` does to all that ``producer`` can give."""
    if not isinstance(producer.op, Clipping) or not isinstance(table.op, Table):
        return None
    if table.op.dtype is not DType.S8 or table.output.type != producer.output.type:
        return None
    low, high = producer.op.clip
    reached = np.arange(low, high + 1)
    entries = np.array(table.op.table)[reached - DType.S8.limits[0]]
    first, last = int(entries[0]), int(entries[-1])
    if first > last or not np.array_equal(entries, np.clip(reached, first, last)):
        return None
    return first, last
