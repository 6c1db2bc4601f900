"""Maximum pooling.

    y[0,i,j,c] = clamp(max of x[0, i*sh + p - top, j*sw + q - left, c] over the window)

What lies outside the image does not count.

Source: TensorFlow Lite Micro, reference integer_ops/pooling.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.ir import Arrays, Types
from milliwatt.ops.fixed import clamp
from milliwatt.ops.pool import Pool2d


@dataclass(frozen=True, slots=True)
class MaxPool2d(Pool2d):
    """Maximum over a window, of what lies within the image."""

    name: ClassVar[str] = "nn.max_pool2d"

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute tap by tap; outside the image there is the lowest number."""
        (x,) = arrays
        (y,) = self.infer(types)
        _, oh, ow, _ = y.shape
        top, bottom, left, right = self.pad
        margins = ((0, 0), (top, bottom), (left, right), (0, 0))
        padded = np.pad(x, margins, constant_values=y.dtype.limits[0])
        best = np.full(y.shape, y.dtype.limits[0], y.dtype.numpy)
        (sh, sw), (kh, kw) = self.stride, self.window
        for p, q in np.ndindex(kh, kw):
            tap = padded[:, p : p + (oh - 1) * sh + 1 : sh, q : q + (ow - 1) * sw + 1 : sw]
            best = np.maximum(best, tap)
        return (clamp(best, *self.clip, y.dtype.numpy),)
