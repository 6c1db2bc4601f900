"""Requantise: the same real numbers under another scale, zero point or integer type.

    y = clamp(zy + requantise(x - zx)), multiplier x.scale / y.scale

Steps within 32 bits wrap, as they do in the reference; only extreme ratios of scales get there.

Source: TensorFlow Lite Micro QUANTIZE with integer input.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import clamp, quantize_multiplier, requantize, wrap_int32

INPUTS = (DType.S8, DType.U8, DType.S16, DType.S32)
OUTPUTS = (DType.S8, DType.U8, DType.S16, DType.S32)


@dataclass(frozen=True, slots=True)
class Requantize(Op):
    """Integers to integers of type ``dtype``, saturating.

    Operands:
        x: s8, u8, s16, or s32 with zero point 0; any shape.

    Attributes:
        out: the output's quantisation; a zero point of 0 where ``dtype`` is s32.
        dtype: s8, u8, s16 or s32.
    """

    name: ClassVar[str] = "nn.requantize"

    out: Quant
    dtype: DType

    def infer(self, types: Types) -> Types:
        """Return ``dtype`` of the same shape, or raise `ShapeMismatch`."""
        self._want(types, INPUTS)
        (x,) = types
        if self.dtype not in OUTPUTS:
            want = " or ".join(d.value for d in OUTPUTS)
            raise ShapeMismatch(f"{self.name}: output is {self.dtype.value}; wanted {want}")
        for t, zero in ((x.dtype, x.zero_point), (self.dtype, self.out.zero_point)):
            if t is DType.S32 and zero != 0:
                raise ShapeMismatch(
                    f"{self.name}: s32 with zero point {zero}; wanted 0, as sums could overflow"
                )
        x.quantized  # noqa: B018  (raises where there is none)
        return (TensorType(x.shape, self.dtype, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Scale by the fixed-point multiplier."""
        (x,) = types
        centred = arrays[0].astype(np.int64) - x.zero_point
        scaled = requantize(centred, *self.multiplier(x)).astype(np.int64)
        shifted = wrap_int32(scaled + self.out.zero_point)
        return (clamp(shifted, *self.dtype.limits, self.dtype.numpy),)

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)

    def multiplier(self, x: TensorType) -> tuple[int, int]:
        """Return mantissa and shift of the ratio of scales."""
        return quantize_multiplier(x.scale / self.out.scale[0])
