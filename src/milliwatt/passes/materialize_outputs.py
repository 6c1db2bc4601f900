"""Give every output memory of its own.

A caller hands in one buffer for each output. An output that is an input, a constant, a variable,
or shares memory with another output through a view is copied.
"""

from milliwatt.ir import Graph, Kind, Node, Special, Value
from milliwatt.ops.nn.copy import Copy


def materialize_outputs(graph: Graph) -> Graph:
    """Return ``graph`` with a copy in front of every output that has no memory of its own."""
    roots: dict[Value, Value] = {}
    for node in graph.nodes:
        if node.op.rows(node.types) is Special.VIEW:
            roots[node.output] = roots.get(node.inputs[0], node.inputs[0])
    taken: set[Value] = set()
    copies: list[Node] = []
    outputs: list[Value] = []
    for i, v in enumerate(graph.outputs):
        root = roots.get(v, v)
        if root.kind is Kind.RESULT and root not in taken:
            taken.add(root)
            outputs.append(v)
            continue
        name = f"{v.name} (output {i})"
        copied = Value(name, v.type)
        copies.append(Node(name, Copy(), (v,), (copied,)))
        outputs.append(copied)
    if not copies:
        return graph
    return Graph(graph.name, graph.inputs, tuple(outputs), (*graph.nodes, *copies))
