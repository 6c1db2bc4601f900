"""Constants of the convolution that takes output channels two at a time (see `isa_dsp_pairs.h`).

One stream of words, for each pair of channels ``low`` and ``high`` (an odd one out is paired with a
filter of zeros):

    bias of both (256 * high + low) · bias of low · filter words · multipliers of low and high
    · their shifts, less one, in a byte each

A filter word holds two taps: halves of ``256 * high + low``. Taps come in steps of four, as
words {0, 2} and {1, 3}, which is how the inputs are laid out after widening. Of each row of the
window, a run of ``kw * c`` bytes, first come the whole words, and after those of all rows what
they leave.
"""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.requantize_short import ShortRequantization, short_requantization
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int32, Int64
from milliwatt.ops.nn.conv2d import Conv2d, channel_multipliers

STEP = 4
PIXELS = 3
COLUMNS = 3
HIGH_LIMIT = 1 << 23
"""Sums of a high channel are read off the upper 24 bits of a difference."""


def covers(node: Node) -> bool:
    """Tell whether the pairs fit in 16 bits and bounds prove every sum small enough."""
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    halves = halves_of(filters_of(node))
    fits = halves.size == 0 or (halves.min() >= -(1 << 15) and halves.max() < 1 << 15)
    return bool(fits) and requantization(node) is not None


def constants(node: Node) -> Mapping[str, Array]:
    """Return the stream as ``filters``."""
    return {"filters": _stream(node, words_of(halves_of(filters_of(node))))}


def _stream(node: Node, filter_words: Int64) -> Int32:
    """Return the stream around the filter words [pairs, words]."""
    scaled = requantization(node)
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
            filter_words,
            multipliers,
            (high_shift << 8 | low_shift)[:, np.newaxis],
        ],
        axis=1,
    )
    wrapped: Int32 = stream.astype(np.int32)  # as the sums do
    return wrapped


def covers_columns(node: Node) -> bool:
    """Tell whether neighbouring pixels share columns as ``isa_dsp_columns.h`` wants it."""
    op = cast("Conv2d", node.op)
    w, y = node.inputs[1].type.shape, node.output.type.shape
    shape = w[2] == COLUMNS and w[3] % STEP == 0 and y[2] > 1
    return shape and (op.stride[1], op.dilation[1]) == (1, 1) and covers(node)


def constants_of_columns(node: Node) -> Mapping[str, Array]:
    """Return the stream as ``filters``: of each row and four channels words {0, 2}, then {1, 3}."""
    halves = halves_of(filters_of(node))
    kh, kw, c = node.inputs[1].type.shape[1:]
    steps = halves.reshape(len(halves), kh, kw, c // STEP, STEP).transpose(0, 1, 3, 2, 4)
    words = words_of(steps.reshape(len(halves), -1)).reshape(len(halves), kh * c // STEP, kw, 2)
    return {"filters": _stream(node, words.transpose(0, 1, 3, 2).reshape(len(halves), -1))}


def scratch_bytes_of_columns(node: Node) -> int:
    """Return the room for the columns of a block as int16."""
    _, kh, kw, c = node.inputs[1].type.shape
    return 2 * kh * c * (kw + PIXELS - 1)


def scratch_bytes(node: Node) -> int:
    """Return the room for a block of pixels as int16, for rests of rows, and for gathered ones."""
    return scratch_bytes_of(node, PIXELS)


def scratch_bytes_of(node: Node, most: int, *, several_rows: bool = False) -> int:
    """Return the room for blocks of at most so many pixels, as ``plan`` in the C file lays out.

    Args:
        node: the convolution.
        most: pixels of a block.
        several_rows: where rows are one pixel wide, a block takes those of several.
    """
    op = cast("Conv2d", node.op)
    x, w, y = node.inputs[0].type.shape, node.inputs[1].type.shape, node.output.type.shape
    row, apart = w[2] * w[3], w[2] > 1 and op.dilation[1] > 1
    span = (w[2] - 1) * op.dilation[1] + 1
    leaves = op.pad[2] > 0 or (y[2] - 1) * op.stride[1] + span > x[2]
    pixels = 1 if apart or (y[2] == 1 and not several_rows) else most
    rest = _whole(w[1] * (row % STEP))
    depth = w[1] * (row // STEP * STEP) + rest
    pitch = row + (pixels - 1) * op.stride[1] * w[3]
    return pixels * (2 * depth + rest) + (w[1] * pitch if apart or leaves else 0)


def _whole(taps: int) -> int:
    """Return ``taps`` rounded up to whole steps."""
    return -(-taps // STEP) * STEP


def filters_of(node: Node) -> Int64:
    """Return the filters as [channels, taps]: whole words of each row, then what they leave."""
    w = content(node.inputs[1]).astype(np.int64)
    rows = w.reshape(*w.shape[:2], -1)
    words = rows.shape[2] // STEP * STEP
    parts = (rows[:, :, :words], rows[:, :, words:])
    return np.concatenate([part.reshape(len(w), -1) for part in parts], axis=1)


def requantization(node: Node) -> ShortRequantization | None:
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


def halves_of(filters: Int64) -> Int64:
    """Return ``256 * high + low`` of each pair and tap, taps padded with zeros to whole steps."""
    low, high = _split(filters)
    return np.pad(256 * high + low, ((0, 0), (0, -filters.shape[1] % STEP)))


def words_of(halves: Int64) -> Int64:
    """Return the filter words [pairs, words]."""
    steps = halves.reshape(len(halves), -1, STEP)
    lower, upper = steps[:, :, [0, 1]], steps[:, :, [2, 3]]
    words: Int64 = (upper << 16 | lower & 0xFFFF).reshape(len(halves), -1)
    return words
