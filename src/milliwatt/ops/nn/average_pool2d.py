"""Average pooling.

    y[0,i,j,c] = clamp(round(mean of x[0, i*sh + p - top, j*sw + q - left, c] over the window))

What lies outside the image does not count, neither in the sum nor in the number. Halves are rounded
away from zero, on the stored integers.

Source: TensorFlow Lite Micro, reference integer_ops/pooling.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.ir import Array, Arrays, Types
from milliwatt.ops.fixed import Int64, clamp
from milliwatt.ops.pool import Pool2d


@dataclass(frozen=True, slots=True)
class AveragePool2d(Pool2d):
    """Average over a window, of what lies within the image."""

    name: ClassVar[str] = "nn.average_pool2d"

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute window by window."""
        (x,) = arrays
        (y,) = self.infer(types)
        total, number = np.zeros(y.shape, np.int64), np.zeros(y.shape, np.int64)
        top, _, left, _ = self.pad
        for _, i, j, _ in np.ndindex(*y.shape[:3], 1):
            at_h, at_w = i * self.stride[0] - top, j * self.stride[1] - left
            inside = x[
                0,
                max(0, at_h) : at_h + self.window[0],
                max(0, at_w) : at_w + self.window[1],
            ]
            total[0, i, j] = inside.astype(np.int64).sum(axis=(0, 1))
            number[0, i, j] = inside.shape[0] * inside.shape[1]
        return (clamp(rounded_quotient(total, number), *self.clip, y.dtype.numpy),)


def rounded_quotient(total: Int64, number: Array | int) -> Int64:
    """Return ``total / number``, halves away from zero; ``number`` is positive."""
    n = np.asarray(number, np.int64)
    magnitude = (np.abs(total) + n // 2) // n
    return np.where(total > 0, magnitude, -magnitude)
