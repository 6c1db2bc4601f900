"""Schedules: in which steps a graph runs, and how many rows of each tensor must be kept.

Run whole, a node is one step. Run by rows, a row is computed as soon as the rows that it needs
exist, and a tensor keeps only the rows that some node has yet to read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from milliwatt.ir import Graph, Kind, Node, Rows, Special, Value
from milliwatt.plan.arena import Stretch
from milliwatt.plan.row_lives import joined, row_lives, rows_held
from milliwatt.plan.steps import ARRIVAL, Step, total_rows

SINGLE_ROWS: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Schedule:
    """What runs when.

    Attributes:
        steps: in order.
        capacity: rows of each tensor that are wanted at the same time: all, or fewer where it is
            streamed.
        alive: for each tensor the stretches of steps in which its content matters.
        rows_alive: for each tensor with memory of its own from which step to which each row
            matters: it fills, and is used up, row by row.
        apart: tensors that are read and written through tables of rows alone, so that each row may
            lie anywhere.
    """

    steps: tuple[Step, ...]
    capacity: Mapping[Value, int]
    alive: Mapping[Value, tuple[Stretch, ...]]
    rows_alive: Mapping[Value, tuple[Stretch, ...]]
    apart: frozenset[Value] = frozenset()


def whole(graph: Graph) -> Schedule:
    """Run one node after the other, each on all of its rows."""
    return play(graph, graph.values.values(), deepest_first=False)


def by_rows(graph: Graph) -> Schedule:
    """Run a row at a time: each row as soon as its inputs exist, the deepest node first."""
    return play(graph, ())


def play(
    graph: Graph,
    kept_whole: Collection[Value],
    *,
    deepest_first: bool = True,
    arriving: bool = False,
    at_once: Mapping[int, int] = SINGLE_ROWS,
) -> Schedule:
    """Run rows as soon as their inputs exist, except that some tensors are waited for.

    Args:
        graph: what runs.
        kept_whole: tensors of which all rows exist before the first is read.
        deepest_first: of several nodes that can go on, whether the last or the first in the
            graph's order does; the last keeps least waiting.
        arriving: the rows of the one input come one by one, in steps of their own.
        at_once: rows that a node's kernel computes together, by the node's index, where more than
            one; the node waits until it can. Only the last rows may be fewer.

    Nodes that need their input whole, views and writes to variables wait for all of it anyway.
    """
    kept = frozenset(kept_whole)
    source = graph.inputs[0] if arriving else None
    player = _Player(graph, kept, at_once, source, deepest_first=deepest_first)
    player.run()
    steps = tuple(player.steps)
    lives = row_lives(graph, steps, source)
    streamed = {v for v in lives if v.kind is Kind.RESULT or v is source}
    streamed -= kept | set(graph.outputs) | _touched_whole(graph)
    return Schedule(
        steps,
        {v: rows_held(lives[v]) if v in streamed else v.type.rows for v in graph.values.values()},
        {v: joined(rows) for v, rows in lives.items()},
        lives,
        frozenset(lives) - _in_one_block(graph, source),
    )


def _touched_whole(graph: Graph) -> set[Value]:
    """Return the tensors that some node reads or writes whole, or looks at through a view."""
    rules = ((node, node.op.rows(node.types)) for node in graph.nodes)
    return {
        v
        for node, rule in rules
        if rule in (Special.WHOLE, Special.VIEW)
        for v in (*node.inputs, *node.outputs)
    }


def _in_one_block(graph: Graph, arriving: Value | None) -> set[Value]:
    """Return the tensors whose rows must lie one behind the other."""
    sums = {
        v
        for node in graph.nodes
        if node.op.rows(node.types) is Special.ACCUMULATE
        for v in node.outputs
    }
    return (_touched_whole(graph) | sums | {*graph.inputs, *graph.outputs}) - {arriving}


@dataclass(frozen=True, slots=True)
class _Want:
    """What a node asks of an operand: for row ``r`` its first ``r * stride + ahead`` rows."""

    operand: Value
    stride: int
    ahead: int

    def met(self, row: int, have: int) -> bool:
        """Tell whether ``have`` rows of the operand are enough for row ``row``."""
        return have >= min(self.operand.type.rows, row * self.stride + self.ahead)


class _Player:
    """Plays a graph once, row by row, and notes the steps."""

    def __init__(
        self,
        graph: Graph,
        kept_whole: frozenset[Value],
        at_once: Mapping[int, int],
        arriving: Value | None,
        *,
        deepest_first: bool,
    ) -> None:
        nodes = graph.nodes
        self.nodes, self.at_once, self.arriving = nodes, at_once, arriving
        self.pick = max if deepest_first else min
        self.rules = [n.op.rows(n.types) for n in nodes]
        self.totals = [total_rows(n) for n in nodes]
        self.done = [0] * len(nodes)
        values = graph.values.values()
        self.have = {
            v: 0 if v.kind is Kind.RESULT or v is arriving else v.type.rows for v in values
        }
        self.wants = [
            [w for w in _wants(n, rule, kept_whole) if self.have[w.operand] == 0]
            for n, rule in zip(nodes, self.rules, strict=True)
        ]
        self.touching = _touching(graph)
        self.affected = _affected(graph, self.touching)
        self.earlier = [_same_variable(nodes, i) for i in range(len(nodes))]
        self.steps: list[Step] = []

    def run(self) -> None:
        """Play to the end. What needs no row of the input still waits for the first to arrive."""
        if self.arriving is not None:
            self._arrive(self.arriving)
        ready = {i for i in range(len(self.nodes)) if self._ready(i)}
        while True:
            v = self.arriving
            if ready:
                i = self.pick(ready)
                self._compute(i)
                changed = self.affected[i]
            elif v is not None and self.have[v] < v.type.rows:
                self._arrive(v)
                changed = self.touching[v]
            else:
                return
            ready -= changed
            ready |= {j for j in changed if self._ready(j)}

    def _arrive(self, v: Value) -> None:
        self._note(Step(ARRIVAL, self.have[v], 1))
        self.have[v] += 1

    def _ready(self, i: int) -> bool:
        if self.done[i] >= self.totals[i]:
            return False
        row = self.done[i] + self._count(i) - 1
        return all(w.met(row, self.have[w.operand]) for w in self.wants[i]) and all(
            self.done[j] == self.totals[j] for j in self.earlier[i]
        )

    def _count(self, i: int) -> int:
        """Return how many rows the next step of a node computes."""
        return min(self.at_once.get(i, 1), self.totals[i] - self.done[i])

    def _compute(self, i: int) -> None:
        rule, count = self.rules[i], self._count(i)
        if rule is not Special.VIEW:
            self._note(Step(i, self.done[i], count))
        self.done[i] += count
        for v in self.nodes[i].outputs:
            if v.kind is not Kind.RESULT:
                continue
            if not isinstance(rule, Special):
                self.have[v] = self.done[i]
            elif self.done[i] == self.totals[i]:
                self.have[v] = v.type.rows

    def _note(self, step: Step) -> None:
        """Add a step, or lengthen the last one where it goes on with the next rows."""
        last = self.steps[-1] if self.steps else None
        if last and last.index == step.index != ARRIVAL:
            self.steps[-1] = Step(last.index, last.first, last.count + step.count)
        else:
            self.steps.append(step)


def _wants(node: Node, rule: Rows, kept_whole: frozenset[Value]) -> Iterable[_Want]:
    """Yield what ``node`` asks of each operand."""
    for k, v in enumerate(node.inputs):
        window = None if isinstance(rule, Special) else rule[k]
        if v not in kept_whole and rule is Special.ACCUMULATE:
            yield _Want(v, 1, 1)
        elif v in kept_whole or window is None:
            yield _Want(v, 0, v.type.rows)
        else:
            yield _Want(v, window.stride, window.span - window.pad)


def _touching(graph: Graph) -> dict[Value, set[int]]:
    """Return for each value the nodes that read it, or write it where it is a variable."""
    touching: dict[Value, set[int]] = {v: set() for v in graph.values.values()}
    for i, node in enumerate(graph.nodes):
        written = (v for v in node.outputs if v.kind is Kind.VARIABLE)
        for v in (*node.inputs, *written):
            touching[v].add(i)
    return touching


def _affected(graph: Graph, touching: Mapping[Value, set[int]]) -> list[set[int]]:
    """Return for each node those that may go on, or no longer, when it has computed."""
    affected = [{i} for i in range(len(graph.nodes))]
    for i, node in enumerate(graph.nodes):
        read = (v for v in node.inputs if v.kind is Kind.VARIABLE)
        for v in (*node.outputs, *read):
            affected[i] |= touching[v]
    return affected


def _same_variable(nodes: Sequence[Node], i: int) -> tuple[int, ...]:
    """Return the nodes that must have finished since they touch the same variable earlier."""
    mine = {v for v in (*nodes[i].inputs, *nodes[i].outputs) if v.kind is Kind.VARIABLE}
    touched = ({*n.inputs, *n.outputs} & mine for n in nodes[:i]) if mine else ()
    return tuple(j for j, common in enumerate(touched) if common)
