"""Elementwise product.

    y = clamp(zy + M((a - za) * (b - zb), sa * sb / sy))

``M`` scales with two roundings (`ops/fixed.py`).

Source: TensorFlow Lite Micro, kernels/mul_common and reference integer_ops/mul.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, Types
from milliwatt.ops.binary import Binary
from milliwatt.ops.fixed import clamp, quantize_multiplier, requantize

LARGEST_SHIFT = 14  # a product is below 2**16; shifted it must stay below 2**30


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
        """Return mantissa and shift, computed in double precision.

        Raises:
            ShapeMismatch: shifting a product of two operands would overflow int32.
        """
        real = types[0].scale * types[1].scale / self.out.scale[0]
        mantissa, shift = quantize_multiplier(real)
        if shift > LARGEST_SHIFT:
            raise ShapeMismatch(
                f"{self.name}: the output's scale {self.out.scale[0]:g} is {real:g} times finer "
                f"than the product's; wanted at most 2**{LARGEST_SHIFT}, where all but 0 saturates"
            )
        return mantissa, shift
