"""Constants of the DSP variant for any window: four channels and two taps at a time.

Channels come in groups of four, the last group being the last four channels, which may overlap
those before. Taps come in pairs, an odd one out with weights of zero. A group's words are

    4 biases · weights · 4 multipliers · shifts to the right, less one, a byte each

where the weights of a pair of taps, k and k', are the bytes

    k0 k1 k0' k1' k2 k3 k2' k3'

so that every other byte of a word is what one channel multiplies by its two taps.
"""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.requantize_short import ShortRequantization, short_requantization
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int64
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d

LANES = 4
POINTER_BYTES = 8  # on the widest target


def covers(node: Node) -> bool:
    """Tell whether there are four channels, one filter each, and bounds prove their sums."""
    c, c_out = node.inputs[0].type.shape[3], node.output.type.shape[3]
    return c == c_out >= LANES and _requantization(node) is not None


def constants(node: Node) -> Mapping[str, Array]:
    """Return ``groups``, the words of every group."""
    scaled = _requantization(node)
    assert scaled is not None  # noqa: S101  (covers)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=(0, 1))
    channels = _grouped(w.type.shape[2])
    words = (
        fold_zero_point(content(bias), x.type.zero_point, sums)[channels],
        _paired(content(w), channels).view("<i4"),
        scaled.multiplier[channels],
        scaled.shift[channels].astype(np.int8).view("<i4"),
    )
    return {"groups": np.concatenate(words, axis=1).astype(np.int32)}


def scratch_bytes(node: Node) -> int:
    """Room for a pointer to each tap's pixel, an even number, what follows, a pixel of zeros."""
    kh, kw, _ = node.inputs[1].type.shape
    return (kh * kw + kh * kw % 2 + 4) * POINTER_BYTES + node.inputs[0].type.shape[3]


def _grouped(c: int) -> Int64:
    """Return the channels of each group: [groups, 4]."""
    first = np.minimum(np.arange(0, c, LANES), c - LANES)
    channels: Int64 = first[:, np.newaxis] + np.arange(LANES)
    return channels


def _paired(weights: Array, channels: Int64) -> Array:
    """Return the weights of each group, pair by pair: [groups, 8 * pairs]."""
    taps = weights.reshape(-1, weights.shape[2])
    padded = np.pad(taps, ((0, len(taps) % 2), (0, 0)))
    # pair, tap, group, word, lane
    by_group = padded[:, channels].reshape(-1, 2, len(channels), 2, 2)
    ordered = by_group.transpose(2, 0, 3, 1, 4).reshape(len(channels), -1)
    return np.ascontiguousarray(ordered)


def _requantization(node: Node) -> ShortRequantization | None:
    """Return the constants of each channel, or None where the short form would not be exact."""
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return None
    x, w, bias = node.inputs
    bounds = dot_bounds(np.moveaxis(content(w), 2, 0), content(bias), x.type.zero_point)
    op = cast("DepthwiseConv2d", node.op)
    return short_requantization(bounds, *channel_multipliers(x.type, w.type, op.out))
