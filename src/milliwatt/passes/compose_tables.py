"""Make one table of two functions of an 8-bit number, one after the other.

Tables and changes of scale are such functions, by way of any type in between. Trying all 256
numbers gives the composition exactly.
"""

import numpy as np

from milliwatt.ir import Arrays, Graph, Node, TensorType, Value
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.quantize import Quantize
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.table import BYTES, ENTRIES, Table

UNARY = (Dequantize, Quantize, Requantize, Table)
"""The operators that map each element by itself."""


def compose_tables(graph: Graph) -> Graph:
    """Return ``graph`` with one table for each chain of functions of one 8-bit number."""
    composed: dict[Value, Node] = {}
    gone: set[Value] = set()
    for node in graph.nodes:
        x = node.inputs[0] if isinstance(node.op, UNARY) else None
        first = composed.get(x, graph.producer(x)) if x is not None else None
        if x is None or first is None or x in graph.outputs or list(graph.users(x)) != [node]:
            continue
        if _is_function_of_a_byte(first, node):
            composed[node.output] = _composition(first, node)
            gone.add(x)
    if not composed:
        return graph
    kept = (composed.get(n.output, n) for n in graph.nodes if n.output not in gone)
    return Graph(graph.name, graph.inputs, graph.outputs, tuple(kept))


def _is_function_of_a_byte(first: Node, second: Node) -> bool:
    types = (first.types[0], second.output.type)
    return isinstance(first.op, UNARY) and all(t.dtype in BYTES for t in types)


def _composition(first: Node, second: Node) -> Node:
    x, y = first.types[0], second.output.type
    every: Arrays = (np.arange(ENTRIES).astype(np.int64) + x.dtype.limits[0],)
    every = (every[0].astype(x.dtype.numpy),)
    for node in (first, second):
        type_ = TensorType((ENTRIES,), node.types[0].dtype, node.types[0].quant)
        every = node.op.evaluate((type_,), every)
    op = Table(y.quantized, tuple(int(v) for v in every[0]), y.dtype)
    return Node(second.name, op, first.inputs, second.outputs)
