"""Schedules: in which steps a graph runs, and how many rows of each tensor must be kept.

A step computes rows ``first … first + count - 1`` of one node: output rows, or input rows where the
node accumulates. Run whole, a node is one step. Run by rows, a row is computed as soon as the rows
that it needs exist, and a tensor keeps only the rows that some node has yet to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from milliwatt.ir import Graph, Kind, Node, Special, Value


@dataclass(frozen=True, slots=True)
class Step:
    """Rows ``first`` to ``first + count - 1`` of the node at ``index``."""

    index: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Steps in order, and for each tensor how many rows its buffer holds (all, or a ring)."""

    steps: tuple[Step, ...]
    capacity: Mapping[Value, int]


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
    steps = tuple(
        Step(i, 0, total_rows(node))
        for i, node in enumerate(graph.nodes)
        if node.op.rows(node.types) is not Special.VIEW
    )
    return Schedule(steps, {v: v.type.rows for v in graph.values.values()})


def by_rows(graph: Graph) -> Schedule:
    """Run a row at a time: each row as soon as its inputs exist, the deepest node first.

    Inputs, constants and variables exist from the start. Nodes that need their input whole, views
    and writes to variables wait for all of it, and what they read is kept whole.
    """
    return _RowScheduler(graph).run()


class _RowScheduler:
    """Plays the schedule once, to find the order of steps and how many rows must be kept."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.done = [0] * len(graph.nodes)
        self.have = {
            v: v.type.rows if v.kind is not Kind.RESULT else 0 for v in graph.values.values()
        }
        self.steps: list[Step] = []
        self.capacity = dict.fromkeys(graph.values.values(), 1)
        for v in graph.values.values():
            if v.kind is not Kind.RESULT or v in graph.outputs:
                self.capacity[v] = v.type.rows
        for node in graph.nodes:
            if node.op.rows(node.types) in (Special.WHOLE, Special.VIEW):
                for v in (*node.inputs, *node.outputs):
                    self.capacity[v] = v.type.rows

    def run(self) -> Schedule:
        while self._advance():
            pass
        return Schedule(tuple(self.steps), self.capacity)

    def _advance(self) -> bool:
        """Compute one row of the deepest node that can go on; variables are written in order."""
        for i in reversed(range(len(self.graph.nodes))):
            if self._ready(i):
                self._compute(i)
                return True
        return False

    def _ready(self, i: int) -> bool:
        node, done = self.graph.nodes[i], self.done[i]
        if done >= total_rows(node) or not self._in_order(i):
            return False
        return all(self.have[v] >= _needed(node, k, done) for k, v in enumerate(node.inputs))

    def _in_order(self, i: int) -> bool:
        """Tell whether every earlier node that touches the same variable has finished."""
        node = self.graph.nodes[i]
        mine = {v for v in (*node.inputs, *node.outputs) if v.kind is Kind.VARIABLE}
        return all(
            self.done[j] >= total_rows(other)
            for j, other in enumerate(self.graph.nodes[:i])
            if mine & {*other.inputs, *other.outputs}
        )

    def _compute(self, i: int) -> None:
        node = self.graph.nodes[i]
        rule = node.op.rows(node.types)
        if rule is not Special.VIEW:
            self.steps.append(Step(i, self.done[i], 1))
        for v in node.outputs:
            if v.kind is not Kind.RESULT:
                continue
            if not isinstance(rule, Special):
                self.have[v] = self.done[i] + 1
                self.capacity[v] = max(self.capacity[v], self._kept(v))
            elif self.done[i] + 1 == total_rows(node):
                self.have[v] = v.type.rows
        self.done[i] += 1

    def _kept(self, value: Value) -> int:
        """Return how many rows of ``value`` exist that some node has yet to read."""
        oldest = self.have[value] - 1
        for j, node in enumerate(self.graph.nodes):
            for k, v in enumerate(node.inputs):
                if v is value and self.done[j] < total_rows(node):
                    oldest = min(oldest, _oldest(node, k, self.done[j]))
        return self.have[value] - max(0, oldest)


def _needed(node: Node, operand: int, row: int) -> int:
    """Return how many rows of an operand must exist to compute row ``row``."""
    rule, height = node.op.rows(node.types), node.inputs[operand].type.rows
    if rule is Special.ACCUMULATE:
        return row + 1
    if isinstance(rule, Special):
        return height
    window = rule[operand]
    if window is None:
        return height
    first, count = window.needs(row, 1)
    return min(height, max(0, first + count))


def _oldest(node: Node, operand: int, row: int) -> int:
    """Return the first row of an operand that computing row ``row`` and later ones still reads."""
    rule = node.op.rows(node.types)
    if rule is Special.ACCUMULATE:
        return row
    if isinstance(rule, Special):
        return 0
    window = rule[operand]
    return 0 if window is None else max(0, window.needs(row, 1)[0])
