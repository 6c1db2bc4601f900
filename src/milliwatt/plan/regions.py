"""Which tensors to keep whole and which to stream, so that the arena is smallest.

A tensor that is kept whole ends a region: what lies before it runs row by row through rings, what
reads it waits. Streaming a wide image saves its full maps; streaming small maps with many channels
costs a ring at every layer at once, where two whole maps would do. So the best partition streams
some parts and not others. Small graphs are searched exhaustively. On large ones every cut of the
node order is tried (streamed before it, whole behind it), then single tensors are switched as long
as that helps.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations

from milliwatt.ir import Graph, Kind, Special, Value
from milliwatt.kernels import Variant
from milliwatt.plan.arena import lower_bound
from milliwatt.plan.choose import NO_PREFERENCES, Preferences, choose
from milliwatt.plan.lifetimes import arena_spans
from milliwatt.plan.schedule import Schedule, play, whole
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
        return _Search(graph, _variants(graph, cpu, preferences), arriving=arriving).best()

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
        i: choose(node, cpu, preferences, at_once=False)[1]
        for i, node in enumerate(graph.nodes)
        if node.op.rows(node.types) is not Special.VIEW
    }


def _at_once(variants: Mapping[int, Variant]) -> dict[int, int]:
    """Return how many rows those nodes compute together whose kernel likes several."""
    return {i: v.rows_at_once for i, v in variants.items() if v.rows_at_once > 1}


@dataclass(frozen=True, slots=True)
class _Partition:
    """Which tensors are waited for, and which of several ready nodes goes first."""

    kept: Kept
    deepest_first: bool


class _Search:
    """Plays partitions of a graph and finds the one with the smallest arena."""

    def __init__(self, graph: Graph, variants: Mapping[int, Variant], *, arriving: bool) -> None:
        self.graph, self.variants, self.arriving = graph, variants, arriving
        self.at_once = _at_once(variants)
        self.known: dict[_Partition, Cost] = {}
        self.read_bytes = _read_bytes(graph)

    def best(self) -> Schedule:
        return self._play(self._search())

    def _search(self) -> _Partition:
        tensors = [v for v in self.graph.values.values() if v.kind is Kind.RESULT]
        small = len(tensors) <= EXHAUSTIVE_TENSORS
        kept = list(_subsets(tensors) if small else _cuts(self.graph))
        orders = (True,) if _is_chain(self.graph) else (True, False)
        streamed = _Partition(frozenset(), deepest_first=True)
        best = self._cheapest(streamed, (_Partition(k, first) for first in orders for k in kept))
        for _ in range(0 if small else ROUNDS):
            before = best
            for v in tensors:
                best = self._cheapest(best, [_Partition(best.kept ^ {v}, best.deepest_first)])
            if best == before:
                break
        return best

    def _cheapest(self, best: _Partition, others: Iterable[_Partition]) -> _Partition:
        """Return the best and cheapest; those that keep too much are not even played."""
        for other in sorted(others, key=self._floor):
            if self._floor(other) > self._cost(best)[0]:
                break
            best = min(best, other, key=self._cost)
        return best

    def _floor(self, partition: _Partition) -> int:
        """Return the bytes of the largest tensor that is kept whole: it costs no less."""
        return max((self.read_bytes[v] for v in partition.kept), default=0)

    def _cost(self, partition: _Partition) -> Cost:
        if partition not in self.known:
            timing = self._play(partition)
            spans = arena_spans(self.graph, timing, self.variants)
            self.known[partition] = lower_bound(spans.values()), len(timing.steps)
        return self.known[partition]

    def _play(self, partition: _Partition) -> Schedule:
        return play(
            self.graph,
            partition.kept,
            deepest_first=partition.deepest_first,
            arriving=self.arriving,
            at_once=self.at_once,
        )


def _read_bytes(graph: Graph) -> dict[Value, int]:
    """Return for each tensor the bytes of all rows that are ever read, which meet if it is kept."""
    lives = whole(graph).rows_alive
    return {
        v: sum(made < last for made, last in lives.get(v, ())) * v.type.row_bytes
        for v in graph.values.values()
    }


def _is_chain(graph: Graph) -> bool:
    """Tell whether every node reads the one before it alone, so that their order is given."""
    readers: Counter[Value] = Counter()
    for node in graph.nodes:
        read = {v for v in node.inputs if v.kind is not Kind.CONSTANT}
        readers.update(read)
        if len(read) > 1:
            return False
    return all(count == 1 for count in readers.values())


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
