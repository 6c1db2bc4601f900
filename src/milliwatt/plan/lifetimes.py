"""What the arena must hold when: tensors over the steps of a schedule, and what kernels borrow."""

from collections.abc import Mapping

from milliwatt.ir import Graph, Kind, Node, Special, Value
from milliwatt.kernels import Variant
from milliwatt.plan.arena import Part, Span, Stretch, align
from milliwatt.plan.schedule import Schedule
from milliwatt.plan.steps import ARRIVAL, storage, total_rows

MOST_PIECES = 24  # more would find little more room, and take long to place
MOST_ROWS_APART = 256  # more would need long tables of where they lie
LEAST_BYTES_APART = 64  # of a row; shorter ones would lose too much to alignment


def arena_spans(graph: Graph, timing: Schedule, variants: Mapping[int, Variant]) -> dict[str, Span]:
    """Return the need of every tensor and of every kernel's scratch, by name.

    Args:
        graph: what runs.
        timing: when.
        variants: the kernel variant of each node that computes, by the node's index.
    """
    spans = _tensor_spans(timing, storage(graph))
    at_once = runs_whole(graph, timing)
    borrowed = {
        i: variant.lent_bytes(graph.nodes[i], graph.nodes[i].output.type.rows if at_once else 1)
        for i, variant in variants.items()
    }
    at: dict[int, list[int]] = {i: [] for i, size in borrowed.items() if size}
    for now, step in enumerate(timing.steps):
        if step.index in at:
            at[step.index].append(now)
    for i, steps in at.items():
        spans[scratch_name(graph.nodes[i])] = _scratch_span(graph.nodes[i], borrowed[i], steps)
    return spans


def runs_whole(graph: Graph, timing: Schedule) -> bool:
    """Tell whether every node computes all its rows in one step.

    Then calls have several rows, and kernels are lent what they want for that; elsewhere memory
    counts for more.
    """
    return all(
        step.index != ARRIVAL and step.count == total_rows(graph.nodes[step.index])
        for step in timing.steps
    )


def scratch_name(node: Node) -> str:
    """Return the name of what the node's kernel borrows."""
    return f"{node.name} (scratch)"


def _tensor_spans(timing: Schedule, roots: Mapping[Value, Value]) -> dict[str, Span]:
    """Return the need of each tensor that lives in the arena."""
    capacity: dict[Value, int] = {}
    for v, root in roots.items():
        capacity[root] = max(capacity.get(root, 0), timing.capacity[v] * v.type.row_bytes)
    return {
        v.name: _tensor_span(v, capacity[v], alive, timing)
        for v, alive in timing.alive.items()
        if v.kind in (Kind.INPUT, Kind.RESULT) and alive
    }


def _tensor_span(
    v: Value, capacity_bytes: int, alive: tuple[Stretch, ...], timing: Schedule
) -> Span:
    lives = timing.rows_alive.get(v, ())
    first, last = alive[0][0], alive[-1][1]
    if v in timing.apart and _worth_a_table(v) and len(set(lives)) > 1:
        return Span(capacity_bytes, first, last, alive, _rows(v, lives), apart=True)
    whole = capacity_bytes == v.type.bytes
    return Span(capacity_bytes, first, last, alive, _pieces(v, lives) if whole else ())


def _worth_a_table(v: Value) -> bool:
    """Tell whether it costs little to say of each row where it lies."""
    return v.type.rows <= MOST_ROWS_APART and v.type.row_bytes >= LEAST_BYTES_APART


def _rows(v: Value, lives: tuple[Stretch, ...]) -> tuple[Part, ...]:
    """Return a tensor in rows, each of which may lie anywhere."""
    size = align(v.type.row_bytes)
    return tuple(Part(row * size, size, (life,)) for row, life in enumerate(lives))


def _pieces(v: Value, lives: tuple[Stretch, ...]) -> tuple[Part, ...]:
    """Return a whole tensor in a few pieces of neighbouring rows, if those differ in life."""
    rows = max(1, -(-len(lives) // MOST_PIECES))
    groups = [lives[at : at + rows] for at in range(0, len(lives), rows)]
    common = [(min(first for first, _ in g), max(last for _, last in g)) for g in groups]
    if len(set(common)) < 2:
        return ()
    size = v.type.row_bytes
    return tuple(
        Part(i * rows * size, len(group) * size, (life,))
        for i, (group, life) in enumerate(zip(groups, common, strict=True))
    )


def _scratch_span(node: Node, size: int, steps: list[int]) -> Span:
    """Return the life of a kernel's scratch; sums that accumulate live from first to last step."""
    accumulates = node.op.rows(node.types) is Special.ACCUMULATE
    stretches = () if accumulates else tuple((i, i) for i in steps)
    return Span(size, steps[0], steps[-1], stretches)
