"""Constants of the convolution that takes output channels two at a time (see `isa_dsp_pairs.h`).

One stream of words, for each pair of channels ``low`` and ``high`` (an odd one out is paired with a
filter of zeros):

    bias of both (256 * high + low) · bias of low · filter words · multipliers of low and high
    · their shifts, less one, in a byte each

A filter word holds two taps: halves of ``256 * high + low``. Taps come in steps of four, as words
{0, 2} and {1, 3}, which is how the inputs are laid out after widening. Of each row of the window, a run of
``kw * c`` bytes, first come the whole words, and after those of all rows what they leave.
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

STEP = 4
PIXELS = 3
HIGH_LIMIT = 1 << 23
"""Sums of a high channel are read off the upper 24 bits of a difference."""


def covers(node: Node) -> bool:
    """Tell whether the pairs fit in 16 bits and bounds prove every sum small enough."""
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    halves = _halves(_filters(node))
    fits = halves.size == 0 or (halves.min() >= -(1 << 15) and halves.max() < 1 << 15)
    return bool(fits) and _requantization(node) is not None


def constants(node: Node) -> Mapping[str, Array]:
    """Return the stream as ``filters``."""
    scaled = _requantization(node)
    assert scaled is not None  # noqa: S101  (covers)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=(1, 2, 3))
    folded = fold_zero_point(content(bias), x.type.zero_point, sums).astype(np.int64)
    low, high = _split(folded)
    multipliers = np.stack(_split(scaled.multiplier.astype(np.int64)), axis=1)
    low_shift, high_shift = _split(scaled.shift.astype(np.int64))
    stream = np.concatenate(
        [
            np.stack([256 * high + low, low], axis=1),
            _words(_halves(_filters(node))),
            multipliers,
            (high_shift << 8 | low_shift)[:, np.newaxis],
        ],
        axis=1,
    )
    return {"filters": stream.astype(np.int32)}  # wraps, as the sums do


def scratch_bytes(node: Node) -> int:
    """Room for blocks of pixels as int16, for what whole words leave of their rows, and for one
    pixel that has to be gathered.
    """
    op = cast("Conv2d", node.op)
    w, x, y = node.inputs[1].type.shape, node.inputs[0].type.shape, node.output.type.shape
    row = w[2] * w[3]
    depth, rest = _whole(w[1] * row), _whole(w[1] * (row % STEP))
    last = (y[2] - 1) * op.stride[1] - op.pad[2]
    gathers = w[2] > 1 and op.dilation[1] > 1 or op.pad[2] > 0 or last + w[2] > x[2]
    return PIXELS * (2 * depth + rest) + (w[1] * row if gathers else 0)


def _whole(taps: int) -> int:
    """Return ``taps`` rounded up to whole steps."""
    return -(-taps // STEP) * STEP


def _filters(node: Node) -> Int64:
    """Return the filters as [channels, taps]: whole words of each row, then what they leave."""
    w = content(node.inputs[1]).astype(np.int64)
    rows = w.reshape(*w.shape[:2], -1)
    words = rows.shape[2] // STEP * STEP
    parts = (rows[:, :, :words], rows[:, :, words:])
    return np.concatenate([part.reshape(len(w), -1) for part in parts], axis=1)


def _requantization(node: Node) -> ShortRequantization | None:
    """Return the constants of requantisation, or None where it would not be exact."""
    x, w, bias = node.inputs
    bounds = dot_bounds(content(w), content(bias), x.type.zero_point)
    if (bounds.magnitude[1::2] >= HIGH_LIMIT).any():
        return None
    op = cast("Conv2d", node.op)
    return short_requantization(bounds, *channel_multipliers(x.type, w.type, op.out))


def _split(channels: Int64) -> tuple[Int64, Int64]:
    """Return the even and the odd channels, as many of each."""
    padding = [(0, len(channels) % 2)] + [(0, 0)] * (channels.ndim - 1)
    even = np.pad(channels, padding)
    return even[0::2], even[1::2]


def _halves(filters: Int64) -> Int64:
    """Return ``256 * high + low`` of each pair and tap, taps padded with zeros to whole steps."""
    low, high = _split(filters)
    return np.pad(256 * high + low, ((0, 0), (0, -filters.shape[1] % STEP)))


def _words(halves: Int64) -> Int64:
    """Return the filter words [pairs, words]."""
    steps = halves.reshape(len(halves), -1, STEP)
    lower, upper = steps[:, :, [0, 1]], steps[:, :, [2, 3]]
    words: Int64 = (upper << 16 | lower & 0xFFFF).reshape(len(halves), -1)
    return words
