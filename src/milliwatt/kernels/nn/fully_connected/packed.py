"""Constants of the fully connected layer on packed weights (see `isa_packed.h`)."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.rescale import Products, rescale_shifts
from milliwatt.ops.bounds import Bounds, dot_bounds
from milliwatt.ops.fixed import Int32
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.fully_connected import FullyConnected

FILTERS = 4
OFFSET = 128
"""Makes all weights of a word but the highest unsigned: shifting then leaves the others whole."""


def covers_long(node: Node) -> bool:
    """Tell whether the weights fit, and requantisation by long products is exact."""
    return _covers(node, Products.LONG)


def covers_short(node: Node) -> bool:
    """Tell whether the weights fit, and requantisation by short products is exact."""
    return _covers(node, Products.SHORT)


def long_constants(node: Node) -> Mapping[str, Array]:
    """Return weights, bias, multiplier and shift."""
    return _constants(node, Products.LONG)


def short_constants(node: Node) -> Mapping[str, Array]:
    """Return weights, bias, multiplier and shift."""
    return _constants(node, Products.SHORT)


def requantization(node: Node, products: Products) -> Mapping[str, Array] | None:
    """Return bias, multiplier and shift, or None where the form is not exact."""
    x, w, bias = node.inputs
    shift = _shifts(node, products)
    if shift is None:
        return None
    sums = content(w).astype(np.int64).sum(axis=1)
    return {
        "bias": fold_zero_point(content(bias), x.type.zero_point, sums),
        "multiplier": _multipliers(node)[0],
        "shift": shift,
    }


def _covers(node: Node, products: Products) -> bool:
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    return _shifts(node, products) is not None


def _shifts(node: Node, products: Products) -> Array | None:
    """Return a shift for each output, or one for all, as many as there are multipliers."""
    x, w, bias = node.inputs
    bounds = dot_bounds(content(w), content(bias), x.type.zero_point)
    multiplier, shift = _multipliers(node)
    if len(multiplier) == 1:
        bounds = Bounds(bounds.low.min(keepdims=True), bounds.high.max(keepdims=True))
    return rescale_shifts(products, bounds, multiplier, shift)


def _multipliers(node: Node) -> tuple[Int32, Int32]:
    op = cast("FullyConnected", node.op)
    return channel_multipliers(node.inputs[0].type, node.inputs[1].type, op.out)


def _packed(weights: Array) -> Int32:
    """Return [outputs, k] as words [blocks, k], the first filter of a block lowest."""
    filters = np.pad(weights.astype(np.int64), ((0, -len(weights) % FILTERS), (0, 0)))
    blocks = filters.reshape(-1, FILTERS, weights.shape[1])
    blocks[:, :-1] += OFFSET
    places = 256 ** np.arange(FILTERS, dtype=np.int64)
    words: Int32 = (blocks * places[:, np.newaxis]).sum(axis=1).astype(np.int32)
    return words


def _constants(node: Node, products: Products) -> Mapping[str, Array]:
    found = requantization(node, products)
    assert found is not None  # noqa: S101  (covers)
    return {"weights": _packed(content(node.inputs[1])), **found}
