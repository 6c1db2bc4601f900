"""Constants of the convolution that computes two pixels in one register (see `conv2d_lanes.h`)."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.rescale import Products, rescale_shifts, scales
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int32
from milliwatt.ops.nn.conv2d import Conv2d, channel_multipliers

FILTERS = 4
TAPS = 4
ROWS_AT_ONCE = 2
"""Rows of an odd number of pixels leave none over in twos. It costs a row more of each ring."""
ODD_PIXELS = (5, 7)
LARGEST_WEIGHT = 127
"""Two products by int8 then stay below half of 2**16."""


def covers_long(node: Node) -> bool:
    """Tell whether the weights fit, and requantisation by long products is exact."""
    return _covers(node, Products.LONG)


def covers_long_odd(node: Node) -> bool:
    """Tell whether rows are so short, and odd, that two of them are to be computed together."""
    return node.output.type.shape[2] in ODD_PIXELS and covers_long(node)


def covers_short(node: Node) -> bool:
    """Tell whether the weights fit, and requantisation by short products is exact."""
    return _covers(node, Products.SHORT)


def long_constants(node: Node) -> Mapping[str, Array]:
    """Return weights, scales and shift."""
    return _constants(node, Products.LONG)


def short_constants(node: Node) -> Mapping[str, Array]:
    """Return weights, scales and shift."""
    return _constants(node, Products.SHORT)


def scratch_bytes(node: Node) -> int:
    """Room for the widened inputs of two pixels, and one pixel of zero points."""
    depth = int(np.prod(node.inputs[1].type.shape[1:]))
    return 4 * (depth + -depth % TAPS) + node.inputs[0].type.shape[3]


def _covers(node: Node, products: Products) -> bool:
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    fits = np.abs(content(node.inputs[1]).astype(np.int64)).max(initial=0) <= LARGEST_WEIGHT
    return bool(fits) and _shifts(node, products) is not None


def _shifts(node: Node, products: Products) -> Array | None:
    x, w, bias = node.inputs
    bounds = dot_bounds(content(w), content(bias), x.type.zero_point)
    return rescale_shifts(products, bounds, *_multipliers(node))


def _multipliers(node: Node) -> tuple[Int32, Int32]:
    op = cast("Conv2d", node.op)
    return channel_multipliers(node.inputs[0].type, node.inputs[1].type, op.out)


def _constants(node: Node, products: Products) -> Mapping[str, Array]:
    x, w, bias = node.inputs
    filters = content(w).reshape(len(content(w)), -1)
    folded = fold_zero_point(content(bias), x.type.zero_point, filters.astype(np.int64).sum(axis=1))
    rows, taps = -len(filters) % FILTERS, -filters.shape[1] % TAPS
    blocks = np.pad(filters, ((0, rows), (0, taps))).reshape(-1, FILTERS, filters.shape[1] + taps)
    multiplier, _ = _multipliers(node)
    shift = _shifts(node, products)
    assert shift is not None  # noqa: S101  (covers)
    return {
        "weights": np.ascontiguousarray(blocks.transpose(0, 2, 1)),
        "scales": np.pad(scales(folded, multiplier), ((0, rows), (0, 0))),
        "shift": shift,
    }
