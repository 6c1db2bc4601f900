"""Which tensors to keep whole and which to stream, so that the arena is smallest.

A tensor that is kept whole ends a region: what lies before it runs row by row through rings, what
reads it waits. Streaming a wide image saves its full maps; streaming small maps with many channels
costs a ring at every layer at once, where two whole maps would do. So the best partition streams
some parts and not others. Small graphs are searched exhaustively. On large ones every cut of the
node order is tried (streamed before it, whole behind it), then single tensors are switched as long
as that helps.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import chain, combinations

from milliwatt.ir import Graph, Kind, Special, Value
from milliwatt.kernels import Variant
from milliwatt.plan.arena import lower_bound
from milliwatt.plan.choose import NO_PREFERENCES, Preferences, choose
from milliwatt.plan.lifetimes import arena_spans
from milliwatt.plan.schedule import Schedule, play
from milliwatt.targets import Cpu

EXHAUSTIVE_TENSORS = 7  # 128 partitions
ROUNDS = 3  # of switching single tensors

Kept = frozenset[Value]
Cost = tuple[int, int]


def least_ram(
    cpu: Cpu, preferences: Preferences = NO_PREFERENCES, *, arriving: bool = False
) -> Callable[[Graph], Schedule]:
    """Return the function that finds the schedule with the smallest arena for a graph on ``cpu``.

    Equal arenas are told apart by the number of steps: fewer calls cost fewer instructions.
    """

    def schedule(graph: Graph) -> Schedule:
        variants = _variants(graph, cpu, preferences)
        best = _best(graph, variants, arriving=arriving)
        return play(graph, best, arriving=arriving, at_once=_at_once(variants))

    return schedule


def partitions(
    graph: Graph, cpu: Cpu, preferences: Preferences = NO_PREFERENCES
) -> list[Callable[[Graph], Schedule]]:
    """Return a schedule for each cut of the node order, from all whole to all streamed."""
    at_once = _at_once(_variants(graph, cpu, preferences))
    return [partial(play, kept_whole=kept, at_once=at_once) for kept in _cuts(graph)]


def _variants(graph: Graph, cpu: Cpu, preferences: Preferences) -> dict[int, Variant]:
    """Return the kernel variant of each node that computes, by its index."""
    return {
        i: choose(node, cpu, preferences)[1]
        for i, node in enumerate(graph.nodes)
        if node.op.rows(node.types) is not Special.VIEW
    }


def _at_once(variants: Mapping[int, Variant]) -> dict[int, int]:
    """Return how many rows those nodes compute together whose kernel likes several."""
    return {i: v.rows_at_once for i, v in variants.items() if v.rows_at_once > 1}


def _best(graph: Graph, variants: Mapping[int, Variant], *, arriving: bool) -> Kept:
    known: dict[Kept, Cost] = {}

    def cost(kept: Kept) -> Cost:
        if kept not in known:
            known[kept] = _cost(graph, variants, kept, arriving=arriving)
        return known[kept]

    tensors = [v for v in graph.values.values() if v.kind is Kind.RESULT]
    if len(tensors) <= EXHAUSTIVE_TENSORS:
        return min(_subsets(tensors), key=cost)
    best = min(_cuts(graph), key=cost)
    for _ in range(ROUNDS):
        before = best
        for v in tensors:
            best = min(best, best ^ {v}, key=cost)
        if best == before:
            break
    return best


def _cost(graph: Graph, variants: Mapping[int, Variant], kept: Kept, *, arriving: bool) -> Cost:
    timing = play(graph, kept, arriving=arriving, at_once=_at_once(variants))
    spans = arena_spans(graph, timing, variants)
    return lower_bound(spans.values()), len(timing.steps)


def _subsets(tensors: list[Value]) -> Iterable[Kept]:
    sizes = range(len(tensors) + 1)
    return map(frozenset, chain.from_iterable(combinations(tensors, n) for n in sizes))


def _cuts(graph: Graph) -> list[Kept]:
    """Return for each position the tensors that nodes from there on touch."""
    return [
        frozenset(
            v
            for node in graph.nodes[at:]
            for v in (*node.inputs, *node.outputs)
            if v.kind is Kind.RESULT
        )
        for at in range(len(graph.nodes) + 1)
    ]
