"""Constants of the DSP variant, which takes outputs in blocks of two pairs (see ``s8_dsp.c``).

For each block of four outputs, the last one filled up with filters of zeros, one stream of words:

    biases of the pairs (256 * high + low, low, 256 * high' + low', low') · filter words

A filter word holds two inputs' weights, as halves of ``256 * high + low``. Inputs come four a step:
words {0, 2} and {1, 3} of the first pair, then of the second.
"""

from collections.abc import Mapping
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.requantize_short import ShortRequantization, short_requantization
from milliwatt.ops.bounds import Bounds, dot_bounds
from milliwatt.ops.fixed import Int64
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.fully_connected import FullyConnected

STEP = 4  # inputs
BLOCK = 4  # outputs
HIGH_LIMIT = 1 << 23
"""Sums of a high output are read off the upper 24 bits of a difference."""


def covers(node: Node) -> bool:
    """Tell whether the pairs fit in 16 bits and bounds prove every sum small enough."""
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    halves = _halves(content(node.inputs[1]))
    return bool((abs(2 * halves + 1) < 1 << 16).all()) and _requantization(node) is not None


def constants(node: Node) -> Mapping[str, Array]:
    """Return the stream as ``filters``, and the multipliers and shifts to the right, less one."""
    scaled = _requantization(node)
    assert scaled is not None  # noqa: S101  (covers)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=1)
    folded = fold_zero_point(content(bias), x.type.zero_point, sums).astype(np.int64)
    pairs = np.pad(folded, (0, -len(folded) % BLOCK)).reshape(-1, 2)
    biases = np.stack([256 * pairs[:, 1] + pairs[:, 0], pairs[:, 0]], axis=1)
    stream = np.concatenate([biases.reshape(-1, BLOCK), _words(_halves(content(w)))], axis=1)
    return {
        "filters": stream.astype(np.int32),  # wraps, as the sums do
        "multiplier": scaled.multiplier,
        "shift": scaled.shift.astype(np.int8),
    }


def _requantization(node: Node) -> ShortRequantization | None:
    """Return the constants of each output or of all, or None where the short form is not exact."""
    x, w, bias = node.inputs
    bounds = dot_bounds(content(w), content(bias), x.type.zero_point)
    if (bounds.magnitude >= HIGH_LIMIT).any():
        return None
    if w.type.quantized.axis is None:
        bounds = Bounds(bounds.low.min(keepdims=True), bounds.high.max(keepdims=True))
    op = cast("FullyConnected", node.op)
    return short_requantization(bounds, *channel_multipliers(x.type, w.type, op.out))


def _halves(w: Array) -> Int64:
    """Return ``256 * high + low`` of each pair and input, padded to whole blocks and steps."""
    outputs, k = w.shape
    padded = np.pad(w.astype(np.int64), ((0, -outputs % BLOCK), (0, -k % STEP)))
    halves: Int64 = 256 * padded[1::2] + padded[0::2]
    return halves


def _words(halves: Int64) -> Int64:
    """Return the filter words [blocks, words]."""
    steps = halves.reshape(len(halves) // 2, 2, -1, STEP).transpose(0, 2, 1, 3)
    words: Int64 = steps[..., 2:] << 16 | steps[..., :2] & 0xFFFF
    return words.reshape(len(halves) // 2, -1)
