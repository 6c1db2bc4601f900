"""Which channels a graph cannot do without.

Channels that operators carry along form one group, which stays or goes as a whole. Groups with a
channel of an input, an output, a variable or an operand that is needed whole are live. From there
liveness spreads backwards through the sums: a live output makes those inputs live that add
anything to it but a constant. What no live output reaches is not live, even if it feeds itself.
Every tensor keeps at least one channel.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from milliwatt.ir import Graph, Node, Value
from milliwatt.ops.intervals import Interval
from milliwatt.passes.channels import OTHER, Carried, Indices, Role, depth, treatment
from milliwatt.passes.sums import Contributions, Flags, contributions


def live_channels(graph: Graph, known: Mapping[Value, Interval | None]) -> Mapping[Value, Flags]:
    """Return for each value, weights aside, ``[C]``: which channels must stay.

    Args:
        graph: the graph.
        known: the bounds of its values.
    """
    groups = _Groups(graph)
    sums = [
        (node, contributions(node, known[node.inputs[0]]))
        for node in reversed(graph.nodes)
        if Role.SUMMED in treatment(node)
    ]
    _spread(groups, sums)
    for value in groups.values:
        if not groups.live(value).any():
            groups.keep(value, np.array([0]))
            _spread(groups, sums)
    return {value: groups.live(value) for value in groups.values}


def _spread(groups: "_Groups", sums: list[tuple[Node, Contributions]]) -> None:
    """Carry liveness from outputs to inputs until it spreads no further."""
    before = -1
    while groups.count != before:
        before = groups.count
        for node, added in sums:
            needed = added.needed(groups.live(node.output))
            groups.keep(node.inputs[0], np.flatnonzero(needed))


class _Groups:
    """Channels of all values, in groups that stay or go together."""

    def __init__(self, graph: Graph) -> None:
        """Group the channels of ``graph`` and keep what must stay in any case."""
        follows = {v for n in graph.nodes for v, t in _treated(n) if t is Role.FOLLOWS}
        carried = {v for n in graph.nodes for v, t in _treated(n) if t is not Role.FOLLOWS}
        self.values = [v for v in graph.values.values() if v not in follows or v in carried]
        begins = np.cumsum([0, *(depth(v.type) for v in self.values)])
        self._slots = {
            v: np.arange(a, b) for v, (a, b) in zip(self.values, pairwise(begins), strict=True)
        }
        self._group = _components(int(begins[-1]), self._ties(graph))
        self._live = np.zeros(begins[-1], bool)
        for value in (*graph.inputs, *graph.outputs, *graph.variables, *(follows & carried)):
            self.keep(value, np.arange(depth(value.type)))
        for node in graph.nodes:
            self._keep_what_is_needed(node)

    @property
    def count(self) -> int:
        """How many groups are live."""
        return int(self._live.sum())

    def live(self, value: Value) -> Flags:
        """Return ``[C]``: which channels of ``value`` are live."""
        flags: Flags = self._live[self._group[self._slots[value]]]
        return flags

    def keep(self, value: Value, channels: Indices) -> None:
        """Make channels of ``value``, and their groups, live."""
        self._live[self._group[self._slots[value][channels]]] = True

    def _keep_what_is_needed(self, node: Node) -> None:
        treated = list(_treated(node))
        for value, how in treated:
            if how is Role.NEEDED:
                self.keep(value, np.arange(depth(value.type)))
        if not any(isinstance(how, Carried) or how is Role.SUMMED for _, how in treated):
            self.keep(node.output, np.arange(depth(node.output.type)))

    def _ties(self, graph: Graph) -> Indices:
        """Return ``[ties, 2]``: pairs of channels of which one is made of the other alone."""
        found = [np.empty((0, 2), np.int64)]
        for node in graph.nodes:
            for value, how in _treated(node):
                if isinstance(how, Carried):
                    made = np.flatnonzero(how.source != OTHER)
                    ends = (self._slots[value][how.source[made]], self._slots[node.output][made])
                    found.append(np.stack(ends, axis=1))
        return np.concatenate(found)


def _components(count: int, ties: Indices) -> Indices:
    """Return for each of ``count`` items the lowest item that ties connect it with."""
    lowest: Indices = np.arange(count)
    while True:
        before = lowest.copy()
        joint = np.minimum(*(lowest[end] for end in ties.T))
        for end in ties.T:
            np.minimum.at(lowest, end, joint)
        lowest = lowest[lowest]  # halves the way, so that long chains take few rounds
        if np.array_equal(before, lowest):
            return lowest


def _treated(node: Node) -> list[tuple[Value, object]]:
    return list(zip(node.inputs, treatment(node), strict=True))
