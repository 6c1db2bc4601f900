"""Quantise: real numbers to integers.

    y = clamp(zy + round(x / y.scale)), a float32 division, ties away from zero

What is beyond the integers saturates, infinities too, and NaN becomes the zero point. That is how
Arm cores convert; the reference leaves quotients beyond int32 undefined.

Source: TensorFlow Lite Micro QUANTIZE with float input.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import clamp

OUTPUTS = (DType.S8, DType.U8, DType.S16)
BEYOND = 1 << 17
"""A quotient of this size saturates whatever the zero point, which fits 16 bits."""


@dataclass(frozen=True, slots=True)
class Quantize(Op):
    """Float32 to integers of type ``dtype``, saturating.

    Operands:
        x: f32, any shape.

    Attributes:
        out: the output's quantisation, one scale.
        dtype: s8, u8 or s16.
    """

    name: ClassVar[str] = "nn.quantize"

    out: Quant
    dtype: DType

    def infer(self, types: Types) -> Types:
        """Return ``dtype`` of the same shape, or raise `ShapeMismatch`."""
        self._want(types, (DType.F32,))
        if self.dtype not in OUTPUTS:
            want = " or ".join(d.value for d in OUTPUTS)
            raise ShapeMismatch(f"{self.name}: output is {self.dtype.value}; wanted {want}")
        low, high = self.dtype.limits
        if not low <= self.out.zero_point <= high:
            raise ShapeMismatch(
                f"{self.name}: zero point {self.out.zero_point} does not fit {self.dtype.value}"
            )
        return (TensorType(types[0].shape, self.dtype, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Divide in float32, then round what double precision holds exactly."""
        del types
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            quotient = arrays[0].astype(np.float32) / np.float32(self.out.scale[0])
        wide = np.clip(np.nan_to_num(quotient.astype(np.float64), nan=0.0), -BEYOND, BEYOND)
        rounded = np.copysign(np.floor(np.abs(wide) + 0.5), wide).astype(np.int64)
        return (clamp(rounded + self.out.zero_point, *self.dtype.limits, self.dtype.numpy),)

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)
