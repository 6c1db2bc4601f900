"""Average of the whole image, for each channel.

    y[0,0,0,c] = clamp(round(mean of x[0,:,:,c]))

The same bits as average pooling whose one window is the image; sums are kept from row to row, so
that no more than a row of the image need exist.

Source: TensorFlow Lite Micro, reference integer_ops/pooling.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, Special, TensorType, Types
from milliwatt.ops.fixed import clamp
from milliwatt.ops.nn.average_pool2d import rounded_quotient
from milliwatt.ops.pool import want_image, want_same_quant

LARGEST_IMAGE = (
    1 << 21
)  # pixels; dividing by multiplication is exact up to here, see kernels/pool.h


@dataclass(frozen=True, slots=True)
class GlobalAveragePool(Op):
    """Average over height and width, int8 in and out, of one quantisation.

    Operands:
        x: s8 ``[1, H, W, C]``.
    """

    name: ClassVar[str] = "nn.global_average_pool"

    out: Quant
    clip: tuple[int, int] = (-128, 127)

    def infer(self, types: Types) -> Types:
        """Return s8 ``[1, 1, 1, C]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S8,))
        (x,) = types
        want_image(self.name, x)
        want_same_quant(self.name, x, self.out)
        if x.shape[1] * x.shape[2] > LARGEST_IMAGE:
            raise ShapeMismatch(f"{self.name}: input is {x}; at most {LARGEST_IMAGE} pixels work")
        return (TensorType((1, 1, 1, x.shape[3]), DType.S8, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Sum, and divide."""
        (y,) = self.infer(types)
        total = arrays[0].astype(np.int64).sum(axis=(1, 2), keepdims=True)
        mean = rounded_quotient(total, types[0].shape[1] * types[0].shape[2])
        return (clamp(mean, *self.clip, y.dtype.numpy),)

    def rows(self, types: Types) -> Rows:
        """Add row after row."""
        del types
        return Special.ACCUMULATE
