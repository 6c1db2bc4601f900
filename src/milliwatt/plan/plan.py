"""The plan: everything that is decided before C is written.

Which kernel computes each node, in which steps, and where every tensor lies. Nothing is printed
or written here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Graph, Kind, Node, Special, Value, verify
from milliwatt.kernels import Kernel, Variant
from milliwatt.plan.arena import ALIGN_BYTES, Layout, Span, Stretch, lower_bound, place
from milliwatt.plan.choose import NO_PREFERENCES, Preferences, choose
from milliwatt.plan.lifetimes import arena_spans, runs_whole, scratch_name
from milliwatt.plan.push import Push, check_counters, header_bytes, image, sliding
from milliwatt.plan.regions import least_ram
from milliwatt.plan.row_lives import joined
from milliwatt.plan.schedule import Schedule, whole
from milliwatt.plan.steps import ARRIVAL, Step, storage
from milliwatt.targets import Cpu

MIN_PIXELS_PER_CALL = 4  # narrow rows are handed to a kernel several at a time
MAX_ROWS_PER_CALL = 8
MOST_BYTES_APART = ALIGN_BYTES << 16  # of an arena; tables of places have 16-bit numbers


class Base(Enum):
    """What a tensor's address is relative to."""

    ARENA = "arena"
    STATE = "state"
    INPUT = "input"
    OUTPUT = "output"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Store:
    """Where a tensor lives.

    Attributes:
        base: what offsets count from.
        index: which input or output; 0 elsewhere.
        offset: of row 0, in bytes. For inputs and outputs of the place that the arena keeps for
            them, should the caller not bring memory of its own.
        step_bytes: from a row to the next, where rows lie in a regular order.
        capacity: rows that the memory holds; fewer than the tensor has where it is streamed. Rows
            in a regular order turn over after so many.
        places: of each row, in bytes, where they follow no such order; empty elsewhere.
    """

    base: Base
    index: int
    offset: int
    step_bytes: int
    capacity: int
    places: tuple[int, ...] = ()

    def place(self, row: int) -> int:
        """Return where a row lies, in bytes from the base."""
        if self.places:
            return self.places[row]
        return self.offset + row % self.capacity * self.step_bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A node and the kernel that computes it.

    Attributes:
        number: position among the calls, from 0.
        rows_per_call: rows handed to the kernel at once, at the most.
        scratch_offset: of the memory lent to the kernel, in the arena; None where it needs none.
    """

    number: int
    node: Node
    kernel: Kernel
    variant: Variant
    rows_per_call: int
    scratch_offset: int | None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A buffer of the arena, a piece of one, or a place of rows: when its content matters.

    Attributes:
        name: of the tensor, or of the node whose kernel borrows it.
        bytes: its size.
        offset: bytes into the arena.
        alive: stretches of steps, both ends included.
        ring_rows: rows that are held of a tensor that has more; None where all are.
    """

    name: str
    bytes: int
    offset: int
    alive: tuple[Stretch, ...]
    ring_rows: int | None

    def alive_at(self, step: int) -> bool:
        """Tell whether its content matters at ``step``."""
        return any(first <= step <= last for first, last in self.alive)


@dataclass(frozen=True)
class Plan:
    """A graph with all decisions taken.

    Attributes:
        graph: what is computed.
        cpu: the core that the kernels were chosen for.
        calls: a kernel call for each node that computes anything.
        steps: what runs in which order; a step's index is a call's number.
        stores: where each tensor lives; views live where their input does.
        lifetimes: the arena's buffers over the steps.
        arena_bytes: activations, scratch, inputs and outputs.
        arena_bound_bytes: bytes alive at the worst step; no arena can be smaller.
        state_bytes: what survives between calls: variables, and where rows are pushed the clock and
            counters, which lie before the arena in one block.
        push: how pushed rows become results; None for a plan that is given its inputs whole.
    """

    graph: Graph
    cpu: Cpu
    calls: tuple[Call, ...]
    steps: tuple[Step, ...]
    stores: Mapping[Value, Store]
    lifetimes: tuple[Lifetime, ...]
    arena_bytes: int
    arena_bound_bytes: int
    state_bytes: int
    push: Push | None = None


def make_push_plan(
    graph: Graph, cpu: Cpu, preferences: Preferences = NO_PREFERENCES, *, endless: bool = False
) -> Plan:
    """Plan ``graph`` for rows that arrive one by one: sliding if it can be, else image by image.

    Args:
        graph: what runs.
        cpu: decides which kernel variants can run.
        preferences: which kernel variants to choose.
        endless: slide even where layers pad or sum along rows, as if the signal had no end.

    Raises:
        UnsupportedOp: rows cannot be pushed into the model, or a node has no kernel.
    """
    check_counters(graph)
    if endless:
        try:
            push, one = sliding(graph, endless=True)
        except UnsupportedOp as e:
            raise UnsupportedOp(
                f"{graph.name} cannot slide: {e}; leave --slide out, and a result is due for each "
                "input, after its last row"
            ) from None
        return make_plan(graph, cpu, lambda _: one, push, preferences)
    try:
        push, one = sliding(graph)
    except UnsupportedOp as e:
        arriving = least_ram(cpu, preferences, arriving=True)
        return make_plan(graph, cpu, arriving, image(graph, str(e)), preferences)
    return make_plan(graph, cpu, lambda _: one, push, preferences)


def make_plan(
    graph: Graph,
    cpu: Cpu,
    schedule: Callable[[Graph], Schedule] = whole,
    push: Push | None = None,
    preferences: Preferences = NO_PREFERENCES,
) -> Plan:
    """Plan ``graph`` for ``cpu``.

    Args:
        graph: verified here; its outputs must be results of nodes, each its own.
        cpu: decides which kernel variants can run.
        schedule: `whole`, or `by_rows` to keep rings of rows instead of whole tensors.
        push: how rows arrive, where ``schedule`` lets them.
        preferences: which kernel variants to choose.

    Raises:
        UnsupportedOp: a node has no kernel; names the node.
    """
    verify(graph)
    timing = schedule(graph)
    computing = sorted({s.index for s in timing.steps} - {ARRIVAL})
    numbers = {i: n for n, i in enumerate(computing)}
    steps = tuple(
        s if s.index == ARRIVAL else Step(numbers[s.index], s.first, s.count) for s in timing.steps
    )
    at_once = runs_whole(graph, timing)
    chosen = {i: choose(graph.nodes[i], cpu, preferences, at_once=at_once) for i in numbers}
    variants = {i: variant for i, (_, variant) in chosen.items()}
    spans = arena_spans(graph, timing, variants)
    layout = place(spans)
    if layout.bytes > MOST_BYTES_APART:
        spans = arena_spans(graph, replace(timing, apart=frozenset()), variants)
        layout = place(spans)
    calls = tuple(
        Call(
            number=numbers[i],
            node=graph.nodes[i],
            kernel=kernel,
            variant=variant,
            rows_per_call=(
                rows_per_call(graph.nodes[i], variant.rows_at_once)
                if at_once or variant.scratch_bytes_for_rows is None
                else variant.rows_at_once
            ),
            scratch_offset=layout.offsets.get(scratch_name(graph.nodes[i])),
        )
        for i, (kernel, variant) in chosen.items()
    )
    state, state_bytes = _state_offsets(graph)
    rings = {v.name: n for v, n in timing.capacity.items() if n < v.type.rows}
    return Plan(
        graph=graph,
        cpu=cpu,
        calls=calls,
        steps=steps,
        stores=_stores(graph, layout, state, timing, pushed=push is not None),
        lifetimes=tuple(
            life
            for name, span in sorted(spans.items(), key=lambda item: (item[1].first, item[0]))
            for life in _lifetimes(name, span, layout, rings.get(name))
        ),
        arena_bytes=layout.bytes,
        arena_bound_bytes=lower_bound(spans.values()),
        state_bytes=header_bytes(push, len(calls)) if push else state_bytes,
        push=push,
    )


def rows_per_call(node: Node, at_once: int = 1) -> int:
    """Return how many rows to hand over at once, so that a kernel meets enough pixels.

    That is a multiple of ``at_once``, which the variant computes together, or the whole tensor.
    """
    y = node.output.type
    if node.op.rows(node.types) is Special.ACCUMULATE or y.row_axis is None:
        return 1
    pixels = max(1, y.row_size // y.shape[-1])
    rows = min(MAX_ROWS_PER_CALL, -(-MIN_PIXELS_PER_CALL // pixels))
    return min(y.rows, -(-rows // at_once) * at_once)


def _state_offsets(graph: Graph) -> tuple[dict[str, int], int]:
    offsets: dict[str, int] = {}
    at = 0
    for v in graph.variables:
        offsets[v.name] = at
        at += -(-v.type.bytes // ALIGN_BYTES) * ALIGN_BYTES
    return offsets, at


def _lifetimes(name: str, span: Span, layout: Layout, ring: int | None) -> Iterator[Lifetime]:
    """Yield a buffer, its pieces, or the places that its rows take in turn."""
    if not span.apart:
        for part in span.parts:
            yield Lifetime(name, part.bytes, layout.offsets[name] + part.offset, part.alive, ring)
        return
    taken: dict[int, list[Stretch]] = {}
    for place_, part in zip(layout.places[name], span.parts, strict=True):
        taken.setdefault(place_, []).extend(part.alive)
    for place_, alive in taken.items():
        yield Lifetime(name, span.parts[0].bytes, place_, joined(alive), ring)


def _stores(
    graph: Graph,
    layout: Layout,
    state: Mapping[str, int],
    timing: Schedule,
    *,
    pushed: bool,
) -> dict[Value, Store]:
    """Return where each tensor lives; where rows are pushed, all but constants in the arena."""
    roots = storage(graph)
    offsets = {**layout.offsets, **state}
    inputs = {} if pushed else {v: i for i, v in enumerate(graph.inputs)}
    outputs = {} if pushed else {roots[v]: i for i, v in enumerate(graph.outputs)}

    def store(v: Value) -> Store:
        root, rows, size = roots[v], timing.capacity[v], v.type.row_bytes
        if root.kind is Kind.CONSTANT:
            return Store(Base.CONSTANT, 0, 0, size, rows)
        if root.kind is Kind.VARIABLE:
            return Store(Base.STATE, 0, offsets[root.name], size, rows)
        if root in inputs:
            return Store(Base.INPUT, inputs[root], offsets[root.name], size, rows)
        if root in outputs:
            return Store(Base.OUTPUT, outputs[root], offsets[root.name], size, rows)
        if v.name in layout.places:
            return _rows_apart(layout.places[v.name], rows)
        return Store(Base.ARENA, 0, offsets[root.name], size, rows)

    return {v: store(v) for v in graph.values.values()}


def _rows_apart(places: Sequence[int], held: int) -> Store:
    """Return a store for rows that lie in these places: in a regular order, if there is one."""
    again = (row for row in range(1, len(places)) if places[row] == places[0])
    turn = next(again, len(places))
    step = places[1] - places[0] if turn > 1 else 0
    regular = Store(Base.ARENA, 0, places[0], step, turn)
    if all(regular.place(row) == place_ for row, place_ in enumerate(places)):
        return regular
    return Store(Base.ARENA, 0, places[0], 0, held, tuple(places))
