"""Dequantise: integers to the real numbers for which they stand.

    y = float32(x.scale * (x - zx)), rounded once

The reference multiplies in double precision and rounds to float32. Scale and difference are both
exact in float32, so one float32 product is the same number. Beyond float32 it is infinite.

Source: TensorFlow Lite Micro DEQUANTIZE.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.ir import Arrays, DType, Op, Rows, TensorType, Types, Window

INPUTS = (DType.S8, DType.U8, DType.S16)


@dataclass(frozen=True, slots=True)
class Dequantize(Op):
    """Integers to float32.

    Operands:
        x: s8, u8 or s16 with one scale; any shape.
    """

    name: ClassVar[str] = "nn.dequantize"

    def infer(self, types: Types) -> Types:
        """Return f32 of the same shape, or raise `ShapeMismatch`."""
        self._want(types, INPUTS)
        (x,) = types
        x.quantized  # noqa: B018  (raises where there is none)
        return (TensorType(x.shape, DType.F32),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Multiply in double precision and round, as the reference does."""
        (x,) = types
        centred = arrays[0].astype(np.int64) - x.zero_point
        with np.errstate(over="ignore"):
            return ((np.float64(x.scale) * centred).astype(np.float32),)

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)
