"""Constants of the DSP variant for 3x3 windows (see ``depthwise_conv2d_3x3.h``)."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.requantize_short import ShortRequantization, short_requantization
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d

LANES = 4  # channels that are widened together
STRIP = 12  # output pixels between two widenings
SHORTEST = 3  # output pixels of a row
SCALE = 256  # of the weights
LIMIT = (1 << 30) // SCALE  # of sums
MOST_RIGHT = 16
"""With it 255 * 2**(right + 6), the constant of a channel, stays below 2**30."""
COLUMN_BYTES = 8 * LANES
TAPS = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2))
"""In this order every other byte of a word is a pair that is multiplied together."""


def covers(node: Node) -> bool:
    """Tell whether the window, its stride, its clamp and its bounds are as the kernel wants."""
    op = cast("DepthwiseConv2d", node.op)
    x, w, y = node.inputs[0].type, node.inputs[1].type, node.output.type
    return (
        w.shape[:2] == (3, 3)
        and op.stride[1] in (1, 2)
        and op.dilation == (1, 1)
        and x.shape[3] == y.shape[3] >= LANES
        and y.shape[2] >= SHORTEST
        and op.out.zero_point == -128
        and op.clip == (-128, 127)
        and _requantization(node) is not None
    )


def constants(node: Node) -> Mapping[str, Array]:
    """Return ``channels``: multiplier and bias as bytes, weights and shift of each channel."""
    scaled = _requantization(node)
    assert scaled is not None  # noqa: S101  (covers)
    x, w, bias = node.inputs
    weights = content(w)
    sums = weights.astype(np.int64).sum(axis=(0, 1))
    folded = fold_zero_point(content(bias), x.type.zero_point, sums)
    words = np.stack([scaled.multiplier, folded * SCALE], axis=1).astype("<i4").view(np.int8)
    taps = [weights[at] for at in TAPS]
    return {"channels": np.column_stack([words, *taps, scaled.shift + 7]).astype(np.int8)}


def scratch_bytes(node: Node) -> int:
    """Return the room for the columns of a strip, widened."""
    count = min(node.output.type.shape[2], STRIP)
    stride = cast("DepthwiseConv2d", node.op).stride[1]
    return COLUMN_BYTES * ((count - 1) * stride + 3)


def _requantization(node: Node) -> ShortRequantization | None:
    """Return the constants of requantisation, or None where the kernel's would not be exact."""
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return None
    x, w, bias = node.inputs
    bounds = dot_bounds(np.moveaxis(content(w), 2, 0), content(bias), x.type.zero_point)
    if (bounds.magnitude >= LIMIT).any():
        return None
    op = cast("DepthwiseConv2d", node.op)
    scaled = short_requantization(bounds, *channel_multipliers(x.type, w.type, op.out))
    return None if scaled is None or (scaled.shift >= MOST_RIGHT).any() else scaled
