"""When each row of a tensor matters that lies whole in memory.

Such a tensor fills row by row and is used up row by row, so that others can lie where its rows are
not yet, or no longer, needed.
"""

from collections.abc import Iterable

from milliwatt.ir import Graph, Kind, Node, Rows, Special, Value
from milliwatt.plan.arena import Stretch


class RowLives:
    """Notes at which steps the rows of some tensors are written and read."""

    def __init__(self, graph: Graph, values: Iterable[Value]) -> None:
        """Watch ``values``; inputs of ``graph`` exist from the first step, outputs to the last."""
        self._outputs = set(graph.outputs)
        self._first: dict[Value, list[int | None]] = {}
        self._last: dict[Value, list[int]] = {}
        for v in values:
            begin = 0 if v.kind is Kind.INPUT else None
            self._first[v] = [begin] * v.type.rows
            self._last[v] = [0] * v.type.rows
        self._end = 0

    def note(self, step: int, node: Node, rule: Rows, first: int, count: int) -> None:
        """Record that ``step`` computes ``count`` rows of ``node`` from row ``first``."""
        self._end = step
        for k, v in enumerate(node.inputs):
            if v in self._last:
                for row in _read(rule, k, first, count, v.type.rows):
                    self._last[v][row] = step
        for v in node.outputs:
            if v in self._last:
                every = isinstance(rule, Special)
                for row in range(v.type.rows) if every else range(first, first + count):
                    begin = self._first[v][row]
                    self._first[v][row] = step if begin is None else begin
                    self._last[v][row] = step

    def rows(self) -> dict[Value, tuple[Stretch, ...]]:
        """Return for each tensor from which step to which each of its rows matters."""
        return {
            v: tuple(
                (begin or 0, self._end if v in self._outputs else last)
                for begin, last in zip(self._first[v], lasts, strict=True)
            )
            for v, lasts in self._last.items()
        }


def _read(rule: Rows, operand: int, first: int, count: int, height: int) -> range:
    """Return the rows of an operand that rows ``first …`` of a node are computed from."""
    if rule is Special.ACCUMULATE:
        return range(first, first + count) if operand == 0 else range(height)
    if isinstance(rule, Special):
        return range(height)
    window = rule[operand]
    if window is None:
        return range(height)
    begin, needed = window.needs(first, count)
    return range(max(0, begin), min(height, begin + needed))
