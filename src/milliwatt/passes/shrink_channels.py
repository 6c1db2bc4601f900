"""Remove channels that are constant or unread, and fold what they add into biases.

A channel is constant if its lowest and its highest integer over all inputs are the same, and
unread if nothing that is kept depends on it. Both are proven by `ops/intervals.py`, never sampled,
and each removal is put on record, to be checked again on the original graph.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from milliwatt.ir import Graph, Node, Value
from milliwatt.ops.intervals import Interval, accumulator_bounds, intervals
from milliwatt.passes.channels import Role, treatment
from milliwatt.passes.drop_channels import drop_channels
from milliwatt.passes.liveness import live_channels
from milliwatt.passes.removal import Certificate, How, Reader, Removal
from milliwatt.passes.sums import Flags, contributions


def shrink_channels(graph: Graph) -> Graph:
    """Return ``graph`` without constant and unread channels."""
    return shrink(graph)[0]


def shrink(graph: Graph) -> tuple[Graph, Certificate]:
    """Return ``graph`` without constant and unread channels, and the record of what went."""
    known = intervals(graph)
    live = live_channels(graph, known)
    removals = tuple(_removals(graph, live, known))
    return drop_channels(graph, live, known), Certificate(graph.name, removals)


def _removals(
    graph: Graph, live: Mapping[Value, Flags], known: Mapping[Value, Interval | None]
) -> Iterator[Removal]:
    for value, kept in live.items():
        if kept.all():
            continue
        gone = np.flatnonzero(~kept).tolist()
        bounds = known[value]
        ends = None if bounds is None else bounds.channels()
        sums = accumulator_bounds(graph.producer(value), known)
        ways = [(node.name, _ways(node, live, known)) for node in graph.users(value)]
        for c in gone:
            yield Removal(
                tensor=value.name,
                channel=c,
                low=None if ends is None else int(ends[0][c]),
                high=None if ends is None else int(ends[1][c]),
                accumulator=None if sums is None else (int(sums[0][c]), int(sums[1][c])),
                readers=tuple(Reader(name, way(c)) for name, way in ways),
            )


def _ways(
    node: Node, live: Mapping[Value, Flags], known: Mapping[Value, Interval | None]
) -> Callable[[int], How]:
    """Return how ``node`` does without a channel that it read."""
    if treatment(node)[0] is not Role.SUMMED:
        return lambda _: How.CARRIED
    weights = contributions(node, known[node.inputs[0]]).used[live[node.output]]
    used = np.asarray(weights.any(axis=0))
    return lambda c: How.FOLDED if used[c] else How.ZERO_WEIGHTS
