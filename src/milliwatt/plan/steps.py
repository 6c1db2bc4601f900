"""Steps: what runs at a time, and what every part of a plan must know of a graph's memory."""

from dataclasses import dataclass

from milliwatt.ir import Graph, Node, Special, Value

ARRIVAL = -1  # index of a step in which the caller brings the next row of the input


@dataclass(frozen=True, slots=True)
class Step:
    """Rows ``first`` to ``first + count - 1`` of a node, or of the input (`ARRIVAL`).

    They are output rows, or input rows where the node accumulates.
    """

    index: int
    first: int
    count: int


def storage(graph: Graph) -> dict[Value, Value]:
    """Return for each value the one whose memory it lives in: views share their input's."""
    roots: dict[Value, Value] = {v: v for v in graph.values.values()}
    for node in graph.nodes:
        if node.op.rows(node.types) is Special.VIEW:
            roots[node.output] = roots[node.inputs[0]]
    return roots


def total_rows(node: Node) -> int:
    """Return how many rows the steps of ``node`` cover."""
    rule = node.op.rows(node.types)
    if rule is Special.ACCUMULATE:
        return node.inputs[0].type.rows
    return 1 if rule in (Special.WHOLE, Special.VIEW) else node.output.type.rows
