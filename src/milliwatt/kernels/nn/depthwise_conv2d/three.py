"""Constants of the depthwise convolution by 3x3 windows (see `depthwise_conv2d_three.h`)."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Node
from milliwatt.kernels.nn.depthwise_conv2d.fours import (
    filters_of,
    one_filter_a_channel,
    scales_of,
    shifts_of,
)
from milliwatt.kernels.rescale import Products
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d

SIZE = 3
BLOCK_PIXELS = 4


def covers_long(node: Node) -> bool:
    """Tell whether the windows are 3x3, and requantisation by long products is exact."""
    return _covers(node, Products.LONG)


def covers_many(node: Node) -> bool:
    """As `covers_long` by high words, at strides at which neighbours share a column."""
    return cast("DepthwiseConv2d", node.op).stride[1] < SIZE and _covers(node, Products.HIGH)


def covers_short(node: Node) -> bool:
    """Tell whether the windows are 3x3, and requantisation by short products is exact."""
    return _covers(node, Products.SHORT)


def long_constants(node: Node) -> Mapping[str, Array]:
    """Return taps and scales."""
    return _constants(node, Products.LONG)


def many_constants(node: Node) -> Mapping[str, Array]:
    """Return taps and scales."""
    return _constants(node, Products.HIGH)


def short_constants(node: Node) -> Mapping[str, Array]:
    """Return taps and scales."""
    return _constants(node, Products.SHORT)


def scratch_bytes(node: Node) -> int:
    """Room for the window of a block of pixels at the border, four at a stride of 1."""
    stride, c = cast("DepthwiseConv2d", node.op).stride[1], node.inputs[0].type.shape[3]
    columns = BLOCK_PIXELS - 1 + SIZE if stride == 1 else stride + SIZE
    return SIZE * columns * c


def _covers(node: Node, products: Products) -> bool:
    op, window = cast("DepthwiseConv2d", node.op), node.inputs[1].type.shape[:2]
    three = window == (SIZE, SIZE) and op.dilation == (1, 1)
    return three and one_filter_a_channel(node) and shifts_of(node, products) is not None


def _constants(node: Node, products: Products) -> Mapping[str, Array]:
    shift = shifts_of(node, products)
    assert shift is not None  # noqa: S101  (covers)
    taps = np.concatenate([filters_of(node), shift[:, np.newaxis]], axis=1)
    return {"taps": taps, "scales": scales_of(node)}
