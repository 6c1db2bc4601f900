"""Constants of the convolution that takes four output channels at a time (see `isa_dsp_quads.h`).

One stream of words, for each quad of channels, which is two pairs as in `pairs.py` (what is missing
are filters of zeros):

    biases of the pairs: both, low, both, low · filter words, of either pair in turn
    · a byte of each channel's shift · multipliers

The shift of a low channel is less by one, that of a high one more by six.
"""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.nn.conv2d import pairs
from milliwatt.kernels.requantize_short import ShortRequantization
from milliwatt.ops.fixed import Int64
from milliwatt.ops.nn.conv2d import Conv2d

QUAD = 4
PIXELS = 2
MOST_RIGHT = 16
"""With it 255 * 2**(right + 6), the constant of a high channel, stays below 2**30."""
HIGH_SCALE = 7
"""Bits by which sums of high channels are larger than those of low ones, once doubled."""


def covers(node: Node) -> bool:
    """Tell whether pairs cover the node, and what is below 0.0 is cut off."""
    op = cast("Conv2d", node.op)
    cut = op.out.zero_point == -128 and op.clip == (-128, 127)
    return cut and pairs.covers(node) and bool((_scaled(node).shift < MOST_RIGHT).all())


def covers_narrow(node: Node) -> bool:
    """Tell whether rows give one pixel, from windows within them; only several can be paired."""
    op = cast("Conv2d", node.op)
    x, w, y = node.inputs[0].type.shape, node.inputs[1].type.shape, node.output.type.shape
    beside = w[2] == 1 or op.dilation[1] == 1
    within = op.pad[2] == 0 and w[2] <= x[2]
    return y[1] > 1 and y[2] == 1 and beside and within and covers(node)


def constants(node: Node) -> Mapping[str, Array]:
    """Return the stream as ``filters``."""
    scaled = _scaled(node)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=(1, 2, 3))
    folded = _whole_quads(fold_zero_point(content(bias), x.type.zero_point, sums))
    low, high = folded[0::2], folded[1::2]
    biases = np.stack([256 * high + low, low], axis=1)
    words = pairs.words_of(pairs.halves_of(_whole_quads(pairs.filters_of(node))))
    quads = len(folded) // QUAD
    larger = np.array([0, HIGH_SCALE, 0, HIGH_SCALE])
    shift = _whole_quads(scaled.shift).reshape(quads, QUAD) + larger
    stream = np.concatenate(
        [
            biases.reshape(quads, -1),
            words.reshape(quads, 2, -1).transpose(0, 2, 1).reshape(quads, -1),
            shift.astype(np.uint8).view("<i4"),
            _whole_quads(scaled.multiplier).reshape(quads, QUAD),
        ],
        axis=1,
    )
    return {"filters": stream.astype(np.int32)}  # wraps, as the sums do


def scratch_bytes(node: Node) -> int:
    """Return the room for a block of pixels as int16, for rests of rows, and for gathered ones."""
    return pairs.scratch_bytes_of(node, PIXELS)


def scratch_bytes_for_rows(node: Node) -> int:
    """Return the same where rows of one pixel are taken in pairs."""
    return pairs.scratch_bytes_of(node, PIXELS, several_rows=True)


def _scaled(node: Node) -> ShortRequantization:
    scaled = pairs.requantization(node)
    assert scaled is not None  # noqa: S101  (covers)
    return scaled


def _whole_quads(channels: Array) -> Int64:
    """Return the channels, and zeros up to a whole number of quads."""
    missing = -len(channels) % QUAD
    padded: Int64 = np.pad(
        channels.astype(np.int64), [(0, missing)] + [(0, 0)] * (channels.ndim - 1)
    )
    return padded
