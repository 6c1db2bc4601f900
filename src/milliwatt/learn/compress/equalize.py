"""Equalisation across layers: the channels of an activation come to fill the range they share.

An int8 activation has one scale for all channels; a channel that uses a tenth of the range is
left with a tenth of the steps. Where a layer is followed by ReLU or pooling and one other layer,
channel ``i`` may be divided by any ``s[i] > 0`` if the layer behind multiplies it back::

    relu(w1[i] x + b1[i]) * w2[:, i]  =  relu((w1[i] x + b1[i]) / s[i]) * (w2[:, i] s[i])

The source below evens out the ranges of weights. Ours have a scale for each output channel, so
the first layer's need no help; what shares a scale is the activation, and, where the second
layer is not depthwise, the inputs of one of its output channels. With ``r[i]`` the largest
activation seen and ``c[i]`` the largest of ``w2[:, i]``, each relative to its maximum::

    s[i] = sqrt(r[i] / c[i])      both are sqrt(r[i] c[i]) afterwards
    s[i] = sqrt(r[i])             in front of a depthwise layer; room is left above what was seen

Source: Nagel et al., "Data-free quantization through weight equalization and bias correction"
(2019), section 4.1.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import torch
from torch.fx import GraphModule, Node

from milliwatt.importers.torch.read import layer_name
from milliwatt.learn.compress.graphs import (
    AT_ONCE,
    WEIGHTED,
    aten,
    constant,
    groups_of,
    watch,
    weighted_layers,
)

PASSED = frozenset(
    {
        aten.adaptive_avg_pool2d.default,
        aten.avg_pool2d.default,
        aten.flatten.using_ints,
        aten.max_pool2d.default,
        aten.relu.default,
        aten.relu_.default,
    }
)
"""What a positive factor on a channel passes through unchanged."""
FARTHEST = 8.0  # a factor beyond it says that a channel is next to dead


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two weighted layers with nothing between them that a factor could not pass."""

    first: Node
    second: Node
    depthwise: bool


def equalize(folded: GraphModule, inputs: torch.Tensor, *, few_steps: Collection[str] = ()) -> int:
    """Equalise ``folded`` in place, by activations on ``inputs``, and return how many pairs.

    Args:
        folded: a float network as `milliwatt.learn.compress.fold.fold` returns it.
        inputs: float32 ``[N, …]``.
        few_steps: layers with 4-bit weights. They are not made to multiply back: 15 steps have
            no room for another layer's spread (measured: 6 dB lost where int8 gains 3).
    """
    pairs = [p for p in _pairs(folded) if p.depthwise or layer_name(p.second) not in few_steps]
    ranges: dict[Node, torch.Tensor] = {}

    def look(node: Node, given: torch.Tensor) -> None:
        seen = given.abs().transpose(0, 1).flatten(1).amax(dim=1)
        ranges[node] = torch.maximum(seen, ranges.get(node, seen))

    for batch in torch.split(inputs, AT_ONCE):
        watch(folded, batch, look)
    for pair in pairs:
        _apply(folded, pair, ranges[pair.second.all_input_nodes[0]])
    folded.recompile()
    return len(pairs)


def _pairs(model: GraphModule) -> Iterator[Pair]:
    for first in weighted_layers(model):
        node = first
        while len(node.users) == 1:
            (node,) = node.users
            if node.target not in PASSED:
                break
        if node.target not in WEIGHTED or len(node.users) == 0:
            continue
        if node is first or len(_before(node).users) != 1:
            continue
        channels = len(constant(model, first.args[1]))
        weight = constant(model, node.args[1])
        groups = groups_of(node)
        depthwise = groups == channels and weight.shape[1] == 1 and channels > 1
        if depthwise or (groups == 1 and weight.shape[1] == channels):
            yield Pair(first, node, depthwise)


def _before(node: Node) -> Node:
    return node.all_input_nodes[0]


def _apply(model: GraphModule, pair: Pair, activation: torch.Tensor) -> None:
    first, second = (constant(model, n.args[1]) for n in (pair.first, pair.second))
    share = _relative(activation)
    if not pair.depthwise:
        share = share / _relative(second.abs().transpose(0, 1).flatten(1).amax(dim=1))
    factor = share.sqrt().clamp(1 / FARTHEST, FARTHEST)
    first /= factor.reshape(-1, *[1] * (first.ndim - 1))
    if len(pair.first.args) > 2 and pair.first.args[2] is not None:
        bias = constant(model, pair.first.args[2])
        bias /= factor
    axis = 0 if pair.depthwise else 1
    second *= factor.reshape([-1 if a == axis else 1 for a in range(second.ndim)])


def _relative(ranges: torch.Tensor) -> torch.Tensor:
    """Return ranges as shares of the largest; a dead channel counts as full and stays as it is."""
    most = ranges.amax().clamp_min(torch.finfo(ranges.dtype).tiny)
    return torch.where(ranges > 0, ranges / most, 1.0)
