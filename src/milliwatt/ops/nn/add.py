"""Elementwise sum.

    y = clamp(zy + M(S(a) + S(b), my)),   S(a) = M((a - za) * 2**20, ma)

``M`` scales with two roundings (`ops/fixed.py`). With ``t`` twice the larger of the operands'
scales, ``ma = sa / t`` and ``my = t / (2**20 * sy)``: both operands are brought to one fine scale,
added there without loss, and rounded to the output's.

Source: TensorFlow Lite Micro, kernels/add_common and reference integer_ops/add.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Array, Arrays, TensorType, Types
from milliwatt.ops.binary import Binary
from milliwatt.ops.fixed import Int64, clamp, quantize_multiplier, requantize

LEFT_SHIFT = 20
Multiplier = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Add(Binary):
    """Sum of two int8 tensors of any quantisation."""

    name: ClassVar[str] = "nn.add"

    def infer(self, types: Types) -> Types:
        """Return s8 of the broadcast shape, or raise `ShapeMismatch`."""
        result = Binary.infer(self, types)
        self.multipliers(types)
        return result

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute the formula above."""
        for_a, for_b, for_y = self.multipliers(types)
        total = rescaled(arrays[0], types[0], for_a) + rescaled(arrays[1], types[1], for_b)
        scaled = requantize(total, *for_y).astype(np.int64) + self.out.zero_point
        return (clamp(scaled, *self.clip, types[0].dtype.numpy),)

    def multipliers(self, types: Types) -> tuple[Multiplier, Multiplier, Multiplier]:
        """Return mantissa and shift (at most 0) for a, b and y."""
        a, b = (t.scale for t in types)
        twice = 2 * max(a, b)
        fine = (1 << LEFT_SHIFT) * self.out.scale[0]
        return below_one(self.name, a / twice, b / twice, twice / fine)


def below_one(name: str, *reals: float) -> tuple[Multiplier, Multiplier, Multiplier]:
    """Split three multipliers that must be below 1, or raise `ShapeMismatch`."""
    a, b, y = (quantize_multiplier(r) for r in reals)
    if y[1] > 0:
        raise ShapeMismatch(
            f"{name}: the operands' scales are too large for the output's: a factor of "
            f"{reals[-1]:g} is left where less than 1 is wanted; requantise the operands first"
        )
    return a, b, y


def rescaled(x: Array, x_type: TensorType, multiplier: Multiplier) -> Int64:
    """Return ``x`` without its zero point, on the common fine scale."""
    fine = (x.astype(np.int64) - x_type.zero_point) << LEFT_SHIFT
    return requantize(fine, *multiplier).astype(np.int64)
