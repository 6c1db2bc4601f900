"""Certificates of exact shrinking: made, and checked again on the original model.

`recheck` believes nothing of a certificate. On the original graph it derives every bound anew and
asks of every layer that touches a removed channel whether it can do without: weights are looked
at, constants are sent through the layer's own taps, and channels that travel together must be
gone together. `check_same` then runs both graphs.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from milliwatt.errors import Divergence
from milliwatt.ir import Graph, Kind, Node, Value
from milliwatt.ops.fixed import Int64
from milliwatt.ops.intervals import Interval, accumulator_bounds, intervals
from milliwatt.ops.nn.conv2d import Conv2d, taps
from milliwatt.passes import prepare, shrink
from milliwatt.passes.channels import OTHER, Carried, Role, depth, treatment
from milliwatt.passes.removal import Certificate, How, Reader, Removal
from milliwatt.project.prove import SHOWN, difference, same_bits
from milliwatt.project.samples import Sample
from milliwatt.run.reference import Reference

Gone = Mapping[Value, frozenset[int]]
Bounds = Mapping[Value, Interval | None]


def certify(original: Graph) -> Certificate:
    """Return the record of all channels that `passes.optimize` removes from ``original``."""
    return shrink(prepare(original))[1]


def check_shrinking(
    original: Graph, compiled: Graph, certificate: Certificate, samples: Sequence[Sample]
) -> None:
    """Prove that ``compiled`` is ``original`` without the channels of ``certificate``.

    Args:
        original: the graph as imported, before any pass.
        compiled: the graph after all passes.
        certificate: what was removed.
        samples: inputs to run both on.

    Raises:
        Divergence: a claim is false, or a layer or an output differs on a sample.
    """
    recheck(original, certificate)
    check_same(original, compiled, samples, certificate)


def recheck(original: Graph, certificate: Certificate) -> None:
    """Derive every claim of ``certificate`` anew on ``original``, by interval arithmetic.

    Raises:
        Divergence: names the tensor, the channel and the false claim.
    """
    graph = prepare(original)
    known = intervals(graph)
    gone = _gone(graph, certificate)
    for value, channels in gone.items():
        _check_bounds(value, graph, known, certificate)
        if value.kind is Kind.VARIABLE or value in graph.inputs or value in graph.outputs:
            raise Divergence(
                f"certificate: {value.name!r} is an input, an output or a variable of the model, "
                f"whose channels must stay; removes {_few(channels)}"
            )
    ways: dict[tuple[str, str], Mapping[int, How]] = {}
    for node in graph.nodes:
        for value, how in _ways(node, gone, known).items():
            ways[value.name, node.name] = how
    for removal in certificate.removals:
        readers = [n.name for n in graph.users(graph.values[removal.tensor])]
        found = tuple(Reader(name, ways[removal.tensor, name][removal.channel]) for name in readers)
        if found != removal.readers:
            raise _false(removal, "readers", _shown(removal.readers), _shown(found))


def check_same(
    original: Graph,
    shrunk: Graph,
    samples: Sequence[Sample],
    certificate: Certificate | None = None,
) -> None:
    """Run both graphs on every sample, one after the other, and compare all outputs.

    With a certificate, also compare each layer that both have, by its name and without the
    channels that the certificate removes.

    Raises:
        Divergence: names the sample, the output or layer, and values.
    """
    first, second = Reference(original), Reference(shrunk)
    for i, sample in enumerate(samples):
        for v, a, b in zip(original.outputs, first.run(sample), second.run(sample), strict=True):
            if not same_bits(a, b):
                raise Divergence(
                    f"sample {i}: output {v.name!r} of the shrunk graph differs from the original: "
                    f"{difference(a, b)}"
                )
    if certificate is not None:
        _check_same_layers(original, shrunk, samples, certificate)


def _check_same_layers(
    original: Graph, shrunk: Graph, samples: Sequence[Sample], certificate: Certificate
) -> None:
    dropped: dict[str, list[int]] = {}
    for removal in certificate.removals:
        dropped.setdefault(removal.tensor, []).append(removal.channel)
    first, second = Reference(original), Reference(shrunk)
    tensors = {n.name: n.output.name for n in original.nodes}
    for i, sample in enumerate(samples):
        wanted, got = first.trace(sample), second.trace(sample)
        for name in (n for n in wanted if n in got):
            gone = dropped.get(tensors[name], [])
            kept = np.delete(wanted[name], gone, axis=-1) if gone else wanted[name]
            if not same_bits(kept, got[name]):
                raise Divergence(
                    f"sample {i}: layer {name!r} of the shrunk graph differs from the original: "
                    f"{difference(kept, got[name])}"
                )


def _gone(graph: Graph, certificate: Certificate) -> Gone:
    """Return the channels claimed removed of each value; each must exist, and one must stay."""
    found: dict[Value, list[int]] = {}
    for r in certificate.removals:
        value = graph.values.get(r.tensor)
        if value is None:
            raise Divergence(
                f"certificate: the model has no tensor {r.tensor!r}; the certificate is another's"
            )
        found.setdefault(value, []).append(r.channel)
    for value, channels in found.items():
        distinct = frozenset(channels)
        if len(distinct) < len(channels) or not distinct <= set(range(depth(value.type))):
            raise Divergence(
                f"certificate: {value} has no channels {_few(channels)}, or they go twice"
            )
        if len(distinct) == depth(value.type):
            raise Divergence(f"certificate: no channel of {value} is left; wanted at least one")
    return {value: frozenset(channels) for value, channels in found.items()}


def _check_bounds(value: Value, graph: Graph, known: Bounds, certificate: Certificate) -> None:
    bounds = known[value]
    ends = None if bounds is None else bounds.channels()
    sums = accumulator_bounds(graph.producer(value), known)
    for r in certificate.removals:
        if r.tensor != value.name:
            continue
        found = None if ends is None else (int(ends[0][r.channel]), int(ends[1][r.channel]))
        claimed = None if r.low is None or r.high is None else (r.low, r.high)
        if found != claimed:
            raise _false(r, "bounds", str(claimed), str(found))
        found = None if sums is None else (int(sums[0][r.channel]), int(sums[1][r.channel]))
        if found != r.accumulator:
            raise _false(r, "accumulator", str(r.accumulator), str(found))


def _ways(node: Node, gone: Gone, known: Bounds) -> Mapping[Value, Mapping[int, How]]:
    """Return how ``node`` does without each removed channel of each operand.

    Raises:
        Divergence: it cannot, or it makes channels that cannot be removed from its output alone.
    """
    output = gone.get(node.output, frozenset())
    made: set[int] = set()
    found: dict[Value, Mapping[int, How]] = {}
    for value, how in zip(node.inputs, treatment(node), strict=True):
        channels = gone.get(value, frozenset())
        if isinstance(how, Carried):
            through = set(np.flatnonzero(np.isin(how.source, list(channels))).tolist())
            comes_from = set(np.flatnonzero(how.source != OTHER).tolist())
            if through != output & comes_from:
                raise Divergence(
                    f"certificate: layer {node.name!r} carries channels {_few(channels)} of "
                    f"{value.name!r} to {_few(through)}; {_few(output & comes_from)} are removed"
                )
            made |= comes_from
            found[value] = dict.fromkeys(channels, How.CARRIED)
        elif how is Role.SUMMED:
            made |= set(output)
            found[value] = _sum_ways(node, channels, known[value], output)
        elif channels:
            raise Divergence(
                f"certificate: layer {node.name!r} ({node.op.name}) needs {value.name!r} whole; "
                f"{_few(channels)} are removed"
            )
    if not output <= made:
        raise Divergence(
            f"certificate: layer {node.name!r} ({node.op.name}) cannot leave out channels "
            f"{_few(output - made)}"
        )
    return found


def _sum_ways(
    node: Node, channels: frozenset[int], x: Interval | None, output: frozenset[int]
) -> Mapping[int, How]:
    """Return how a sum does without ``channels`` of its first operand."""
    if not channels or x is None:
        return {}
    weights = node.inputs[1].data
    assert weights is not None  # noqa: S101  (`treatment` saw to it)
    kept = weights[[o for o in range(weights.shape[0]) if o not in output]].astype(np.int64)
    low, high = x.channels()
    return {c: _way(node, c, (int(low[c]), int(high[c])), kept[..., c]) for c in channels}


def _way(node: Node, channel: int, bounds: tuple[int, int], w: Int64) -> How:
    """Return how a sum does without a channel of weights ``w``, or raise `Divergence`."""
    if not w.any():
        return How.ZERO_WEIGHTS
    low, high = bounds
    if low != high:
        raise Divergence(
            f"certificate: layer {node.name!r} reads channel {channel} of {node.inputs[0].name!r}, "
            f"which may be {low} to {high}; wanted one constant, or weights of zero"
        )
    places = _sent_through(node, low, w)
    if (places != places[0]).any():
        raise Divergence(
            f"certificate: channel {channel} of {node.inputs[0].name!r} is always {low}, but adds "
            f"other sums at the border of layer {node.name!r} than inside"
        )
    return How.FOLDED


def _sent_through(node: Node, constant: int, w: Int64) -> Int64:
    """Return ``[places, outputs]``: what an image of ``constant`` alone adds everywhere."""
    op, x = node.op, node.types[0]
    if not isinstance(op, Conv2d):
        return ((constant - x.zero_point) * w).reshape(1, -1)
    image = np.full((*x.shape[:-1], 1), constant, x.dtype.numpy)
    total = np.zeros((1, w.shape[0]), np.int64)
    for p, q in np.ndindex(*w.shape[1:]):
        met = taps(image, x, node.output.type, (p, q), op.stride, op.dilation, op.pad)
        total = total + met.astype(np.int64).reshape(-1, 1) * w[:, p, q]
    return total


def _false(r: Removal, what: str, claimed: str, found: str) -> Divergence:
    return Divergence(
        f"certificate: channel {r.channel} of {r.tensor!r}: {what} are claimed to be {claimed}; "
        f"the model gives {found}"
    )


def _shown(readers: tuple[Reader, ...]) -> str:
    return ", ".join(f"{x.layer!r} ({x.how.value})" for x in readers) or "none"


def _few(channels: Collection[int]) -> str:
    first = sorted(channels)[:SHOWN]
    more = f" and {len(channels) - len(first)} more" if len(channels) > len(first) else ""
    return f"{first}{more}"
