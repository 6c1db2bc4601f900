"""Constants of depthwise convolution, four channels at a time (`depthwise_conv2d_fours.h`)."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.rescale import Int8, Products, rescale_shifts, scales
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int32
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d

CHANNELS = 4


def covers_long(node: Node) -> bool:
    """Tell whether there are enough channels, and requantisation by long products is exact."""
    return _covers(node, Products.LONG)


def covers_many(node: Node) -> bool:
    """Tell whether there are enough channels, and requantisation by high words is exact."""
    return _covers(node, Products.HIGH)


def covers_short(node: Node) -> bool:
    """Tell whether there are enough channels, and requantisation by short products is exact."""
    return _covers(node, Products.SHORT)


def long_constants(node: Node) -> Mapping[str, Array]:
    """Return weights, scales and shift."""
    return _constants(node, Products.LONG)


def many_constants(node: Node) -> Mapping[str, Array]:
    """Return weights, scales and shift."""
    return _constants(node, Products.HIGH)


def short_constants(node: Node) -> Mapping[str, Array]:
    """Return weights, scales and shift."""
    return _constants(node, Products.SHORT)


def one_filter_a_channel(node: Node) -> bool:
    """Tell whether weights and bias are constants, and no input has more than one output."""
    constant = all(v.kind is Kind.CONSTANT for v in node.inputs[1:])
    return constant and node.inputs[0].type.shape[3] == node.inputs[1].type.shape[2]


def filters_of(node: Node) -> Array:
    """Return the filters as [channels, taps]."""
    w = content(node.inputs[1])
    return np.ascontiguousarray(w.reshape(-1, w.shape[-1]).T)


def shifts_of(node: Node, products: Products) -> Int8 | None:
    """Return the shifts, or None where requantisation would not be exact."""
    x, _, bias = node.inputs
    bounds = dot_bounds(filters_of(node), content(bias), x.type.zero_point)
    return rescale_shifts(products, bounds, *_multipliers(node))


def scales_of(node: Node) -> Int32:
    """Return bias, with the input's zero point folded in, and multiplier: [channels, 2]."""
    x, _, bias = node.inputs
    sums = filters_of(node).astype(np.int64).sum(axis=1)
    folded = fold_zero_point(content(bias), x.type.zero_point, sums)
    return scales(folded, _multipliers(node)[0])


def _multipliers(node: Node) -> tuple[Int32, Int32]:
    op = cast("DepthwiseConv2d", node.op)
    return channel_multipliers(node.inputs[0].type, node.inputs[1].type, op.out)


def _covers(node: Node, products: Products) -> bool:
    enough = node.inputs[0].type.shape[3] >= CHANNELS
    return enough and one_filter_a_channel(node) and shifts_of(node, products) is not None


def _constants(node: Node, products: Products) -> Mapping[str, Array]:
    shift = shifts_of(node, products)
    assert shift is not None  # noqa: S101  (covers)
    return {"weights": content(node.inputs[1]), "scales": scales_of(node), "shift": shift}
