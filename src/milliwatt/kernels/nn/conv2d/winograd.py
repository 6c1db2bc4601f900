"""Exact integer Winograd F(2x2, 3x3): where it may stand in for a convolution, and its constants.

With the matrices of `s8_dsp_winograd.c` every output is ``A'[(G g G') . (B' d B)]A`` with integers
throughout. What A' halves is even: along either axis the sums at positions 1 and 2 are

    m1 = (g0 + g1 + g2) (d1 + d2)    m2 = (g0 - g1 + g2) (d2 - d1)
    m1 + m2 = 2 ((g0 + g2) d2 + g1 d1)    m1 - m2 = 2 ((g0 + g2) d1 + g1 d2)

Inputs are transformed as they are stored; the zero point sits in the bias, and pads. The bias goes
to the position in the middle, four times, since A' takes a quarter of it to every output.

One stream of words, for each pair of output channels (an odd one out is paired with zeros):

    filters [position, step of four channels, output, {0, 2} and {1, 3}], int16
    · for both: multiplier · shift, less one · offset · four times the bias

Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015 (arXiv:1509.09308).
"""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.requantize_short import ShortRequantization, short_requantization
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int64
from milliwatt.ops.nn.conv2d import Conv2d, channel_multipliers

ROWS_AT_ONCE = 2
LANES = 4  # channels of a step
MOST_CHANNELS = 64  # of the unrolled loop
LEAST_CHANNELS = 8  # fewer, and transforming costs more than multiplying
MOST_FILTER_BYTES = 1 << 15
"""More flash than this is not given for a layer: filters grow to 32/9 of their size."""
MOST_PADDING = 2  # so that some column of every two tiles lies in the image
POSITIONS, TILES = 16, 2
G = np.array([[1, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 1]], np.int64)


def covers(node: Node) -> bool:
    """Tell whether the transform applies, pays, and keeps every sum in int32."""
    op = cast("Conv2d", node.op)
    c_out, kh, kw, c = node.inputs[1].type.shape
    plain = (kh, kw) == (3, 3) and op.stride == (1, 1) and op.dilation == (1, 1)
    sized = c % LANES == 0 and LEAST_CHANNELS <= c <= MOST_CHANNELS and c_out >= LANES
    small = 2 * POSITIONS * c_out * c <= MOST_FILTER_BYTES
    constant = all(v.kind is Kind.CONSTANT for v in node.inputs[1:])
    near = max(op.pad[2:]) <= MOST_PADDING
    return plain and near and sized and small and constant and _scaling(node) is not None


def constants(node: Node) -> Mapping[str, Array]:
    """Return the stream as ``filters``."""
    scaled = _scaling(node)
    assert scaled is not None  # noqa: S101  (covers)
    shift = scaled.shift.astype(np.int64)
    offset = (2 * cast("Conv2d", node.op).out.zero_point + 1) << shift
    scales = np.stack([scaled.multiplier.astype(np.int64), shift, offset, 4 * _bias(node)], axis=1)
    by_pair = _pairs(scales).reshape(-1, 8)
    stream = np.concatenate([_words(_transformed(node)), by_pair], axis=1)
    return {"filters": stream.astype(np.int32)}


def scratch_bytes(node: Node) -> int:
    """Return the room for two transformed tiles, their sums, and a pixel to drop."""
    c_out, _, _, c = node.inputs[1].type.shape
    return 2 * POSITIONS * TILES * c + 4 * TILES * 2 * POSITIONS + c_out


def _bias(node: Node) -> Int64:
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=(1, 2, 3))
    return fold_zero_point(content(bias), x.type.zero_point, sums).astype(np.int64)


def _transformed(node: Node) -> Int64:
    """Return G g G' as [output, position, channel]."""
    w = content(node.inputs[1]).astype(np.int64)
    at: Int64 = np.einsum("ia,oabc,jb->oijc", G, w, G)
    return at.reshape(len(w), POSITIONS, -1)


def _scaling(node: Node) -> ShortRequantization | None:
    """Return the constants of requantisation, or None where something would not be exact.

    Inputs sum up to 512 in magnitude at each position. No intermediate exceeds the magnitudes of
    all positions and four biases together.
    """
    x, w, bias = node.inputs
    most = 512 * np.abs(_transformed(node)).sum(axis=(1, 2)) + 4 * np.abs(_bias(node))
    if (most >= 1 << 31).any():
        return None
    bounds = dot_bounds(content(w), content(bias), x.type.zero_point)
    op = cast("Conv2d", node.op)
    return short_requantization(bounds, *channel_multipliers(x.type, w.type, op.out))


def _pairs(channels: Array) -> Int64:
    """Return [pairs, 2, …], filled up with zeros."""
    padding = [(0, len(channels) % 2)] + [(0, 0)] * (channels.ndim - 1)
    wide: Int64 = np.pad(channels.astype(np.int64), padding)
    return wide.reshape(-1, 2, *channels.shape[1:])


def _words(transformed: Int64) -> Int64:
    """Return the filter words [pairs, words]."""
    fours = _pairs(transformed).reshape(-1, 2, POSITIONS, transformed.shape[2] // LANES, LANES)
    fours = fours.transpose(0, 2, 3, 1, 4)  # pair, position, step, output, channel
    words: Int64 = fours[..., 2:] << 16 | fours[..., :2] & 0xFFFF
    return words.reshape(len(words), -1)
