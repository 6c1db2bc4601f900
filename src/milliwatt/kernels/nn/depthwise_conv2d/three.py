"""Constants of the depthwise convolution by 3x3 windows (see `depthwise_conv2d_three.h`)."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.rescale import Products, rescale_shifts, scales
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int32
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d

SIZE = 3
BLOCK_PIXELS = 4


def covers_long(node: Node) -> bool:
    """Tell whether the windows are 3x3, and requantisation by long products is exact."""
    return _covers(node, Products.LONG)


def covers_short(node: Node) -> bool:
    """Tell whether the windows are 3x3, and requantisation by short products is exact."""
    return _covers(node, Products.SHORT)


def long_constants(node: Node) -> Mapping[str, Array]:
    """Return taps and scales."""
    return _constants(node, Products.LONG)


def short_constants(node: Node) -> Mapping[str, Array]:
    """Return taps and scales."""
    return _constants(node, Products.SHORT)


def scratch_bytes(node: Node) -> int:
    """Room for the window of a block of pixels at the border, four at a stride of 1."""
    stride, c = cast("DepthwiseConv2d", node.op).stride[1], node.inputs[0].type.shape[3]
    columns = BLOCK_PIXELS - 1 + SIZE if stride == 1 else stride + SIZE
    return SIZE * columns * c


def _covers(node: Node, products: Products) -> bool:
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    op = cast("DepthwiseConv2d", node.op)
    kh, kw, channels = node.inputs[1].type.shape
    three = (kh, kw) == (SIZE, SIZE) and op.dilation == (1, 1)
    plain = node.inputs[0].type.shape[3] == channels
    return three and plain and _shifts(node, products) is not None


def _filters(node: Node) -> Array:
    """Return the filters as [channels, 9]."""
    w = content(node.inputs[1])
    return np.ascontiguousarray(w.reshape(-1, w.shape[-1]).T)


def _multipliers(node: Node) -> tuple[Int32, Int32]:
    op = cast("DepthwiseConv2d", node.op)
    return channel_multipliers(node.inputs[0].type, node.inputs[1].type, op.out)


def _shifts(node: Node, products: Products) -> Array | None:
    x, _, bias = node.inputs
    bounds = dot_bounds(_filters(node), content(bias), x.type.zero_point)
    return rescale_shifts(products, bounds, *_multipliers(node))


def _constants(node: Node, products: Products) -> Mapping[str, Array]:
    x, _, bias = node.inputs
    filters = _filters(node)
    sums = filters.astype(np.int64).sum(axis=1)
    multiplier, _ = _multipliers(node)
    shift = _shifts(node, products)
    assert shift is not None  # noqa: S101  (covers)
    folded = fold_zero_point(content(bias), x.type.zero_point, sums)
    return {
        "taps": np.concatenate([filters, shift[:, np.newaxis]], axis=1),
        "scales": scales(folded, multiplier),
    }
