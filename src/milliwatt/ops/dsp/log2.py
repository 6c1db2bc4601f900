"""Logarithm to base 2 of large whole numbers, as 16-bit fixed point.

    y = round(512 * log2(max(x, floor)))      off by at most 0.64

Write ``max(x, floor) = 2**e * (1 + (i + u / 2**16) / 32 + …)`` with whole ``e``, ``i < 32`` and
``u < 2**16``, further digits cut off. Then, with ``T[i] = round(2**15 * log2(1 + i / 32))``:

    y = 512 * e + (T[i] + ((T[i + 1] - T[i]) * u >> 16) + 32 >> 6)

A straight line between the 33 points of ``T`` is off by at most ``log2(e) / 8 / 32**2`` octaves,
that is 0.09 steps; the rounding of ``T`` and of the product adds 2 / 64, the cut digits less than
2**-11.

The output counts octaves in steps of 1/512; its real value leaves out the input's scale, which
only adds a constant.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import Int32, Int64

Int16 = NDArray[np.int16]

SEGMENTS = 32
FRACTION_BITS = 9
MAX_FLOOR = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Log2(Op):
    """Octaves of whole numbers; below ``floor`` all are the same.

    Operands:
        x: s32 or s64, any shape, zero point 0.

    Attributes:
        floor: 1 to 2**31 - 1; smaller numbers count as this.
    """

    name: ClassVar[str] = "dsp.log2"

    floor: int = 1

    def infer(self, types: Types) -> Types:
        """Return s16 of the same shape, or raise `ShapeMismatch`."""
        self._want(types, (DType.S32, DType.S64))
        (x,) = types
        if x.zero_point != 0:
            raise ShapeMismatch(f"{self.name}: input {x} has zero point {x.zero_point}; wanted 0")
        if not 1 <= self.floor <= MAX_FLOOR:
            raise ShapeMismatch(f"{self.name}: floor {self.floor}; wanted 1 to {MAX_FLOOR}")
        return (TensorType(x.shape, DType.S16, Quant((2.0**-FRACTION_BITS,))),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Look up 5 bits and interpolate with 16; any number of axes."""
        del types
        return (octaves(np.maximum(arrays[0].astype(np.int64), self.floor)),)

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)


def octaves(x: Int64) -> Int16:
    """Return 512 times the logarithm of positive integers, as the formula above has it."""
    exponent = floor_log2(x)
    # 21 digits behind the leading one, from the left or from the right
    low, high = np.maximum(21 - exponent, 0), np.maximum(exponent - 21, 0)
    digits = ((x << low) >> high) & ((1 << 21) - 1)
    base, rise = table().astype(np.int64).T
    segment, rest = digits >> 16, digits & 0xFFFF
    mantissa = base[segment] + (rise[segment] * rest >> 16)
    y: Int16 = ((exponent << FRACTION_BITS) + ((mantissa + 32) >> 6)).astype(np.int16)
    return y


def floor_log2(x: Int64) -> Int64:
    """Return the position of the highest bit of positive integers.

    A float64 may round up to the next power of two, which one comparison puts right.
    """
    guess = np.frexp(x.astype(np.float64))[1].astype(np.int64) - 1
    capped = np.minimum(guess, 62)
    return capped - (x < (np.int64(1) << capped))


def table() -> Int32:
    """Return s32 ``[SEGMENTS, 2]``: ``T[i]``, and the rise to ``T[i + 1]``."""
    points = np.rint(np.log2(1 + np.arange(SEGMENTS + 1) / SEGMENTS) * 2.0**15).astype(np.int32)
    return np.stack([points[:-1], np.diff(points)], axis=1)
