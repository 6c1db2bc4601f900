"""Elementwise product.

    y = clamp(zy + M((a - za) * (b - zb), sa * sb / sy))

``M`` scales with two roundings (`ops/fixed.py`).

Source: TensorFlow Lite Micro, kernels/mul_common and reference integer_ops/mul.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.ir import Arrays, Types
from milliwatt.ops.binary import Binary
from milliwatt.ops.fixed import clamp, quantize_multiplier, requantize


@dataclass(frozen=True, slots=True)
class Mul(Binary):
    """Product of two int8 tensors of any quantisation."""

    name: ClassVar[str] = "nn.mul"

    def infer(self, types: Types) -> Types:
        """Return s8 of the broadcast shape, or raise `ShapeMismatch`."""
        result = Binary.infer(self, types)
        self.multiplier(types)
        return result

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute the formula above."""
        a, b = (x.astype(np.int64) - t.zero_point for x, t in zip(arrays, types, strict=True))
        scaled = requantize(a * b, *self.multiplier(types)).astype(np.int64)
        return (clamp(scaled + self.out.zero_point, *self.clip, types[0].dtype.numpy),)

    def multiplier(self, types: Types) -> tuple[int, int]:
        """Return mantissa and shift, computed in double precision."""
        return quantize_multiplier(types[0].scale * types[1].scale / self.out.scale[0])
