"""Drop nodes whose results nothing reads."""

from milliwatt.ir import Graph, Kind, Node, Value


def remove_dead_nodes(graph: Graph) -> Graph:
    """Return ``graph`` without nodes that no output and no variable depends on."""
    wanted: set[Value] = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if any(v in wanted or v.kind is Kind.VARIABLE for v in node.outputs):
            kept.append(node)
            wanted.update(node.inputs)
    if len(kept) == len(graph.nodes):
        return graph
    return Graph(graph.name, graph.inputs, graph.outputs, tuple(reversed(kept)))
