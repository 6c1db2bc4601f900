"""The verifier: a graph keeps its own rules, before and after every pass."""

from milliwatt.errors import InvalidGraph
from milliwatt.ir.graph import Graph, Kind, Value


def verify(graph: Graph) -> Graph:
    """Return ``graph`` if it keeps the rules.

    Every value is defined before it is read and written once (variables aside); every node's
    outputs have the type that its operator infers; constants and variables have data.

    Raises:
        InvalidGraph: names the node and the rule.
    """
    known: set[Value] = set(graph.inputs)
    names: set[str] = set()
    for node in graph.nodes:
        if node.name in names:
            raise InvalidGraph(f"two nodes are called {node.name!r}")
        names.add(node.name)
        for v in node.inputs:
            _readable(v, known, node.name)
        inferred = node.op.infer(node.types)
        stored = tuple(v.type for v in node.outputs)
        if not _agree(inferred, node.outputs):
            raise InvalidGraph(
                f"{node.name!r} infers {list(map(str, inferred))}, holds {list(map(str, stored))}"
            )
        for v in node.outputs:
            if v.kind is Kind.VARIABLE:
                continue
            if v in known or v.kind is not Kind.RESULT:
                raise InvalidGraph(
                    f"{node.name!r} writes {v}, which is an {v.kind.value} or written before"
                )
            known.add(v)
    for v in graph.outputs:
        _readable(v, known, "the graph's output")
    return graph


def _readable(value: Value, known: set[Value], where: str) -> None:
    if value.kind in (Kind.CONSTANT, Kind.VARIABLE):
        if value.data is None:
            raise InvalidGraph(f"{where}: {value} is a {value.kind.value} without data")
    elif value not in known:
        raise InvalidGraph(f"{where}: {value} is read before it is written")


def _agree(inferred: tuple[object, ...], outputs: tuple[Value, ...]) -> bool:
    """Types agree; a variable keeps its own quantisation, of which stores know nothing."""
    if len(inferred) != len(outputs):
        return False
    return all(
        t == v.type or (v.kind is Kind.VARIABLE and str(t) == str(v.type))
        for t, v in zip(inferred, outputs, strict=True)
    )
