"""Compute nodes that read nothing but constants."""

from milliwatt.ir import Graph, Kind, Node, Value


def fold_constants(graph: Graph) -> Graph:
    """Return ``graph`` with every node that depends on constants alone replaced by its result."""
    known: dict[Value, Value] = {}
    kept: list[Node] = []
    for old in graph.nodes:
        node = old.with_inputs(known)
        constant = node.inputs and all(v.kind is Kind.CONSTANT for v in node.inputs)
        if not constant or any(v.kind is not Kind.RESULT for v in node.outputs):
            kept.append(node)
            continue
        arrays = tuple(v.data for v in node.inputs if v.data is not None)
        for v, array in zip(node.outputs, node.op.evaluate(node.types, arrays), strict=True):
            known[v] = Value(v.name, v.type, Kind.CONSTANT, array)
    if not known:
        return graph
    outputs = tuple(known.get(v, v) for v in graph.outputs)
    return Graph(graph.name, graph.inputs, outputs, tuple(kept))
