"""Schedules: in which steps a graph runs, and how many rows of each tensor must be kept.

A step computes rows ``first … first + count - 1`` of one node: output rows, or input rows where the
node accumulates. Run whole, a node is one step. Run by rows, a row is computed as soon as the rows
that it needs exist, and a tensor keeps only the rows that some node has yet to read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from milliwatt.ir import Graph, Kind, Node, Special, Value
from milliwatt.plan.arena import Stretch
from milliwatt.plan.row_lives import RowLives

SINGLE_ROWS: Mapping[int, int] = MappingProxyType({})
ARRIVAL = -1  # index of a step in which the caller brings the next row of the input


@dataclass(frozen=True, slots=True)
class Step:
    """Rows ``first`` to ``first + count - 1`` of a node, or of the input (`ARRIVAL`)."""

    index: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """What runs when.

    Attributes:
        steps: in order.
        capacity: rows that each tensor's buffer holds: all, or fewer where it is a ring.
        alive: for each tensor the stretches of steps in which its content matters.
        rows_alive: for a tensor that is kept whole, from which step to which each row matters: it
            fills, and is used up, row by row.
    """

    steps: tuple[Step, ...]
    capacity: Mapping[Value, int]
    alive: Mapping[Value, tuple[Stretch, ...]]
    rows_alive: Mapping[Value, tuple[Stretch, ...]]


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
    player = _Player(graph, kept, at_once, deepest_first=deepest_first, arriving=arriving)
    player.run()
    return Schedule(tuple(player.steps), player.capacity, player.alive(), player.lives.rows())


class _Player:
    """Plays a graph once, row by row, and notes what has to be kept and for how long."""

    def __init__(
        self,
        graph: Graph,
        kept_whole: frozenset[Value],
        at_once: Mapping[int, int],
        *,
        deepest_first: bool,
        arriving: bool,
    ) -> None:
        self.graph, self.kept_whole, self.at_once = graph, kept_whole, at_once
        order = range(len(graph.nodes))
        self.order = tuple(reversed(order) if deepest_first else order)
        self.rules = [n.op.rows(n.types) for n in graph.nodes]
        self.totals = [total_rows(n) for n in graph.nodes]
        self.arriving = graph.inputs[0] if arriving else None
        self.done = [0] * len(graph.nodes)
        values = tuple(graph.values.values())
        self.roots = storage(graph)
        self.sharing: dict[Value, list[Value]] = {}
        for v, root in self.roots.items():
            self.sharing.setdefault(root, []).append(v)
        self.computed = {v for v in values if v.kind is Kind.RESULT or v is self.arriving}
        self.have = {v: 0 if v in self.computed else v.type.rows for v in values}
        self.capacity = {v: 1 if v in self.computed else v.type.rows for v in values}
        self.readers: dict[Value, list[tuple[int, int]]] = {v: [] for v in values}
        for j, node in enumerate(graph.nodes):
            for k, v in enumerate(node.inputs):
                self.readers[v].append((j, k))
        self.earlier = [self._same_variable_before(i) for i in range(len(graph.nodes))]
        self.steps: list[Step] = []
        self._since: dict[Value, int] = {}
        self._stretches: dict[Value, list[Stretch]] = {v: [] for v in self.roots.values()}
        self._fix_capacities()
        self.lives = RowLives(graph, [v for v in values if self._fills_row_by_row(v)])
        for v in graph.inputs:
            if v is not self.arriving:
                self._since[v] = 0

    def run(self) -> None:
        """Play to the end. What needs no row of the input still waits for the first to arrive."""
        if self.arriving is not None:
            self._arrive(self.arriving)
        while self._advance():
            pass

    def alive(self) -> dict[Value, tuple[Stretch, ...]]:
        """Return when each tensor's content matters; what is alive at the end stays so."""
        end = max(0, len(self.steps) - 1)
        for v, since in self._since.items():
            self._stretches[v].append((since, end))
        return {v: tuple(_joined(s)) for v, s in self._stretches.items()}

    def _fix_capacities(self) -> None:
        """Keep all rows of what is waited for, handed out, or looked at through a view."""
        whole_values = set(self.kept_whole) | set(self.graph.outputs)
        for node, rule in zip(self.graph.nodes, self.rules, strict=True):
            if rule in (Special.WHOLE, Special.VIEW):
                whole_values |= {*node.inputs, *node.outputs}
        for v in whole_values:
            self.capacity[v] = v.type.rows

    def _fills_row_by_row(self, v: Value) -> bool:
        """Tell whether a tensor lies whole in memory of its own."""
        own = v.kind in (Kind.INPUT, Kind.RESULT) and len(self.sharing.get(v, ())) == 1
        return own and v is not self.arriving and self.capacity[v] == v.type.rows

    def _advance(self) -> bool:
        """Compute rows of the deepest node that can go on, or let the next row arrive."""
        for i in self.order:
            if self._ready(i):
                self._compute(i)
                return True
        v = self.arriving
        if v is None or self.have[v] == v.type.rows:
            return False
        self._arrive(v)
        return True

    def _arrive(self, v: Value) -> None:
        self._note(Step(ARRIVAL, self.have[v], 1), (v,))
        self.have[v] += 1
        self.capacity[v] = max(self.capacity[v], self._kept(v))
        self._settle((v,))

    def _ready(self, i: int) -> bool:
        if self.done[i] >= self.totals[i]:
            return False
        node, row = self.graph.nodes[i], self.done[i] + self._count(i) - 1
        if any(self.done[j] < self.totals[j] for j in self.earlier[i]):
            return False
        return all(self.have[v] >= self._needed(i, k, row) for k, v in enumerate(node.inputs))

    def _count(self, i: int) -> int:
        """Return how many rows the next step of a node computes."""
        return min(self.at_once.get(i, 1), self.totals[i] - self.done[i])

    def _same_variable_before(self, i: int) -> tuple[int, ...]:
        """Return the nodes that must have finished since they touch the same variable earlier."""
        nodes = self.graph.nodes
        mine = {v for v in (*nodes[i].inputs, *nodes[i].outputs) if v.kind is Kind.VARIABLE}
        touched = ({*n.inputs, *n.outputs} & mine for n in nodes[:i]) if mine else ()
        return tuple(j for j, common in enumerate(touched) if common)

    def _compute(self, i: int) -> None:
        node, rule, count = self.graph.nodes[i], self.rules[i], self._count(i)
        if rule is not Special.VIEW:
            self._note(Step(i, self.done[i], count), (*node.inputs, *node.outputs))
            self.lives.note(len(self.steps) - 1, node, rule, self.done[i], count)
        self.done[i] += count
        for v in node.outputs:
            if v.kind is not Kind.RESULT:
                continue
            if not isinstance(rule, Special):
                self.have[v] = self.done[i]
                # rows of one step are written by one call, so each needs a place of its own
                together = self.steps[-1].count
                self.capacity[v] = max(self.capacity[v], self._kept(v), together)
            elif self.done[i] == self.totals[i]:
                self.have[v] = v.type.rows
        self._settle((*node.inputs, *node.outputs))

    def _note(self, step: Step, touched: tuple[Value, ...]) -> None:
        """Add a step, or lengthen the last one where it goes on with the next rows."""
        last = self.steps[-1] if self.steps else None
        if last and last.index == step.index != ARRIVAL:
            self.steps[-1] = Step(last.index, last.first, last.count + step.count)
        else:
            self.steps.append(step)
        for v in touched:
            root = self.roots[v]
            if root in self._stretches:
                self._since.setdefault(root, len(self.steps) - 1)

    def _settle(self, touched: tuple[Value, ...]) -> None:
        """End the life, for now or for good, of tensors that nobody waits to read."""
        now = max(0, len(self.steps) - 1)
        for v in touched:
            root = self.roots[v]
            if root in self._since and not self._wanted(root):
                self._stretches[root].append((self._since.pop(root), now))

    def _wanted(self, root: Value) -> bool:
        """Tell whether a row that exists in ``root``'s memory will be read, or is handed out."""
        return any(
            v in self.graph.outputs or self.have[v] > self._oldest_needed(v)
            for v in self.sharing[root]
        )

    def _oldest_needed(self, v: Value) -> int:
        """Return the first row of ``v`` that some node has yet to read."""
        open_readers = ((j, k) for j, k in self.readers[v] if self.done[j] < self.totals[j])
        return min((self._oldest(j, k, self.done[j]) for j, k in open_readers), default=v.type.rows)

    def _kept(self, v: Value) -> int:
        """Return how many rows of ``v`` a buffer must hold now."""
        return max(1, self.have[v] - min(self.have[v] - 1, self._oldest_needed(v)))

    def _needed(self, i: int, operand: int, row: int) -> int:
        """Return how many rows of an operand must exist to compute row ``row``."""
        rule, v = self.rules[i], self.graph.nodes[i].inputs[operand]
        height = v.type.rows
        if v in self.kept_whole:
            return height
        if rule is Special.ACCUMULATE:
            return row + 1
        if isinstance(rule, Special):
            return height
        window = rule[operand]
        if window is None:
            return height
        first, count = window.needs(row, 1)
        return min(height, max(0, first + count))

    def _oldest(self, i: int, operand: int, row: int) -> int:
        """Return the first row of an operand that computing row ``row`` and later ones reads."""
        rule = self.rules[i]
        if rule is Special.ACCUMULATE:
            return row
        if isinstance(rule, Special):
            return 0
        window = rule[operand]
        return 0 if window is None else max(0, window.needs(row, 1)[0])


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Join stretches that touch or overlap."""
    joined: list[Stretch] = []
    for first, last in sorted(stretches):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
