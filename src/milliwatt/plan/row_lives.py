"""When each row of each tensor matters: from the step that makes it to the last that reads it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from milliwatt.ir import Graph, Kind, Node, Special, Value, Window
from milliwatt.plan.arena import Stretch
from milliwatt.plan.steps import ARRIVAL, Step, storage

Lives = tuple[Stretch, ...]
_EVERY_ROW = None


@dataclass(frozen=True, slots=True)
class _Touch:
    """What a step does to a tensor's memory: to the rows of a window, or to all of them."""

    memory: Value
    window: Window | None


def row_lives(graph: Graph, steps: Sequence[Step], arriving: Value | None) -> dict[Value, Lives]:
    """Return for each tensor with memory in the arena the life of each of its rows.

    Args:
        graph: what runs.
        steps: when.
        arriving: the input whose rows arrive in steps of their own; other inputs exist from the
            first step on. Outputs last to the end.
    """
    end = max(0, len(steps) - 1)
    roots = storage(graph)
    held = [v for v in dict.fromkeys(roots.values()) if v.kind in (Kind.INPUT, Kind.RESULT)]
    made: dict[Value, list[int | None]] = {v: [None] * v.type.rows for v in held}
    last: dict[Value, list[int]] = {v: [0] * v.type.rows for v in held}
    reads = [[t for t in _reads(node, roots) if t.memory in last] for node in graph.nodes]
    writes = [[t for t in _writes(node, roots) if t.memory in last] for node in graph.nodes]
    for at, step in enumerate(steps):
        if step.index == ARRIVAL:
            touched = [_Touch(v, Window()) for v in (arriving,) if v is not None]
            written = touched
        else:
            touched = reads[step.index] + writes[step.index]
            written = writes[step.index]
        for touch in touched:
            until = last[touch.memory]
            for rows in _rows(touch, step):
                until[rows] = [at] * (rows.stop - rows.start)
        for touch in written:
            begins = made[touch.memory]
            for rows in _rows(touch, step):
                if begins[rows.start] is None:
                    begins[rows] = [at] * (rows.stop - rows.start)
    kept = {roots[v] for v in graph.outputs}
    return {
        v: tuple(
            (begin or 0, end if v in kept else until)
            for begin, until in zip(made[v], last[v], strict=True)
        )
        for v in held
    }


def rows_held(lives: Lives) -> int:
    """Return how many rows a ring needs: from the oldest that matters to the newest."""
    held, oldest = 1, 0
    for newest, (made, _) in enumerate(lives):
        while lives[oldest][1] < made:
            oldest += 1
        held = max(held, newest - oldest + 1)
    return held


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Join stretches that touch or overlap."""
    found: list[Stretch] = []
    for first, last in sorted(stretches):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _reads(node: Node, roots: Mapping[Value, Value]) -> Iterable[_Touch]:
    rule = node.op.rows(node.types)
    for k, v in enumerate(node.inputs):
        window = _EVERY_ROW
        if rule is Special.ACCUMULATE and k == 0:
            window = Window()
        elif not isinstance(rule, Special):
            window = rule[k]
        yield _Touch(roots[v], window if roots[v] is v else _EVERY_ROW)


def _writes(node: Node, roots: Mapping[Value, Value]) -> Iterable[_Touch]:
    by_rows = not isinstance(node.op.rows(node.types), Special)
    for v in node.outputs:
        yield _Touch(roots[v], Window() if by_rows and roots[v] is v else _EVERY_ROW)


def _rows(touch: _Touch, step: Step) -> Iterable[slice]:
    """Yield the rows that are touched, in runs; a stride above the span leaves gaps."""
    height, window = touch.memory.type.rows, touch.window
    if window is None:
        yield slice(0, height)
        return
    together = step.count if window.stride <= window.span else 1
    for first in range(step.first, step.first + step.count, together):
        begin, needed = window.needs(first, together)
        start, stop = max(0, begin), min(height, begin + needed)
        if start < stop:
            yield slice(start, stop)
