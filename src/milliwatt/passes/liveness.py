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
        self._group = np.arange(begins[-1])
        for node in graph.nodes:
            for value, how in _treated(node):
                if isinstance(how, Carried):
                    self._join(value, node.output, how.source)
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

    def _join(self, x: Value, y: Value, source: Indices) -> None:
        targets = np.flatnonzero(source != OTHER)
        for a, b in zip(self._slots[x][source[targets]], self._slots[y][targets], strict=True):
            first, second = self._group[a], self._group[b]
            if first != second:
                self._group[self._group == max(first, second)] = min(first, second)


def _treated(node: Node) -> list[tuple[Value, object]]:
    return list(zip(node.inputs, treatment(node), strict=True))
