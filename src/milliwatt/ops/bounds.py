"""How far the accumulator of each output channel can go, by interval arithmetic.

    acc[o] = bias[o] + sum over k of w[o,k] * (x[k] - zx),   low <= x[k] <= high

Each product is least, and greatest, at one end of the inputs' range, and the inputs of different
taps are free of each other, so the bounds are met. Taps outside the image read ``zx``, which lies
in the range, hence they are inside the bounds as well. Kernels that rely on a bound cover a node
only where it is proven here.
"""

from dataclasses import dataclass

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Array
from milliwatt.ops.fixed import Int64

INT8_RANGE = (-128, 127)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest accumulator of each channel, as if nothing wrapped: [O]."""

    low: Int64
    high: Int64

    @property
    def magnitude(self) -> Int64:
        """The greatest absolute value of each channel."""
        largest: Int64 = np.maximum(np.abs(self.low), np.abs(self.high))
        return largest


def dot_bounds(
    weights: Array, bias: Array, zero_point: int, inputs: tuple[int, int] = INT8_RANGE
) -> Bounds:
    """Return the bounds of weighted sums.

    Args:
        weights: integers ``[O, …]``, the output channel first.
        bias: integers ``[O]``, without the input's zero point folded in.
        zero_point: of the input.
        inputs: the least and the greatest stored input.

    Raises:
        ShapeMismatch: there are not as many biases as channels.
    """
    filters = weights.reshape(len(weights), -1).astype(np.int64)
    if bias.shape != (len(filters),):
        raise ShapeMismatch(f"{len(filters)} filters need as many biases, got {bias.shape}")
    at_low, at_high = (filters * (end - zero_point) for end in inputs)
    start = bias.astype(np.int64)
    low = start + np.minimum(at_low, at_high).sum(axis=1)
    high = start + np.maximum(at_low, at_high).sum(axis=1)
    return Bounds(low, high)
