"""What the arena must hold when: tensors over the steps of a schedule, and what kernels borrow."""

from collections.abc import Mapping

from milliwatt.ir import Graph, Kind, Node, Special, Value
from milliwatt.kernels import Variant
from milliwatt.plan.arena import Part, Span, Stretch
from milliwatt.plan.schedule import Schedule, storage

MOST_PIECES = 24  # more would find little more room, and take long to place


def arena_spans(graph: Graph, timing: Schedule, variants: Mapping[int, Variant]) -> dict[str, Span]:
    """Return the need of every tensor and of every kernel's scratch, by name.

    Args:
        graph: what runs.
        timing: when.
        variants: the kernel variant of each node that computes, by the node's index.
    """
    spans = _tensor_spans(timing, storage(graph))
    for i, variant in variants.items():
        node = graph.nodes[i]
        if variant.scratch_bytes(node):
            spans[scratch_name(node)] = _scratch_span(i, node, variant, timing)
    return spans


def scratch_name(node: Node) -> str:
    """Return the name of what the node's kernel borrows."""
    return f"{node.name} (scratch)"


def _tensor_spans(timing: Schedule, roots: Mapping[Value, Value]) -> dict[str, Span]:
    """Return the need of each tensor that lives in the arena."""
    capacity: dict[Value, int] = {}
    for v, root in roots.items():
        capacity[root] = max(capacity.get(root, 0), timing.capacity[v] * v.type.row_bytes)
    return {
        v.name: Span(
            capacity[v], alive[0][0], alive[-1][1], alive, _pieces(v, timing.rows_alive.get(v, ()))
        )
        for v, alive in timing.alive.items()
        if v.kind in (Kind.INPUT, Kind.RESULT) and alive
    }


def _pieces(v: Value, rows_alive: tuple[Stretch, ...]) -> tuple[Part, ...]:
    """Return a whole tensor in a few pieces of neighbouring rows, if those differ in life."""
    rows = max(1, -(-len(rows_alive) // MOST_PIECES))
    groups = [rows_alive[at : at + rows] for at in range(0, len(rows_alive), rows)]
    lives = [(min(first for first, _ in g), max(last for _, last in g)) for g in groups]
    if len(set(lives)) < 2:
        return ()
    size = v.type.row_bytes
    return tuple(
        Part(i * rows * size, len(group) * size, (life,))
        for i, (group, life) in enumerate(zip(groups, lives, strict=True))
    )


def _scratch_span(index: int, node: Node, variant: Variant, timing: Schedule) -> Span:
    """Return the life of a kernel's scratch; sums that accumulate live from first to last step."""
    at = [i for i, step in enumerate(timing.steps) if step.index == index]
    accumulates = node.op.rows(node.types) is Special.ACCUMULATE
    stretches = () if accumulates else tuple((i, i) for i in at)
    return Span(variant.scratch_bytes(node), min(at), max(at), stretches)
