"""Softmax along the last axis.

    y[c] = -128 + round(256 * exp(beta * sx * (x[c] - max x)) / sum of the same over c)

in fixed point: differences from the maximum are scaled to five integer bits, exponentials have
none, their sum has twelve, and the quotient is a product with the sum's reciprocal
(`ops/fixed_exp.py`). A difference that would leave the five bits counts as nothing.

Source: TensorFlow Lite Micro, kernels/softmax_common and reference softmax.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import (
    MAX_SHIFT,
    clamp,
    doubling_high_mul,
    quantize_multiplier,
    rounding_divide_by_pot,
)
from milliwatt.ops.fixed_exp import exp_of_negative, reciprocal

DIFFERENCE_BITS = 5  # integer bits of the differences
SUM_BITS = 12  # integer bits of the sum
LARGEST_DEPTH = (1 << SUM_BITS) - 1
QUOTIENT_SHIFT = 31 - 8  # from no integer bits to steps of 1/256


@dataclass(frozen=True, slots=True)
class Softmax(Op):
    """Softmax, int8 in and out; the output's scale is 1/256, its zero point -128.

    Operands:
        x: s8 of any shape of at least one dimension; the last has at most 4095 elements.
    """

    name: ClassVar[str] = "nn.softmax"

    beta: float = 1.0

    def infer(self, types: Types) -> Types:
        """Return s8 of the same shape, or raise `ShapeMismatch`."""
        self._want(types, (DType.S8,))
        (x,) = types
        if not x.shape or x.shape[-1] > LARGEST_DEPTH:
            raise ShapeMismatch(
                f"{self.name}: input is {x}; wanted 1 to {LARGEST_DEPTH} on the last axis"
            )
        self.multiplier(x)
        return (TensorType(x.shape, DType.S8, Quant((1 / 256,), -128)),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute the formula above."""
        mantissa, shift, lowest = self.multiplier(types[0])
        x = arrays[0].astype(np.int64)
        difference = x - x.max(axis=-1, keepdims=True)
        counts = difference >= lowest
        # the reference scales no difference that does not count, hence nothing overflows
        scaled = doubling_high_mul(np.where(counts, difference, 0) << shift, mantissa)
        exps = np.where(counts, exp_of_negative(scaled, DIFFERENCE_BITS), 0)
        total = rounding_divide_by_pot(exps, SUM_BITS).sum(axis=-1, keepdims=True)
        inverse, bits = reciprocal(total, SUM_BITS)
        y = rounding_divide_by_pot(doubling_high_mul(inverse, exps), bits + QUOTIENT_SHIFT)
        return (clamp(y - 128, *DType.S8.limits, DType.S8.numpy),)

    def rows(self, types: Types) -> Rows:
        """Need the row itself, save that a vector is one row."""
        del types
        return (Window(),)

    def multiplier(self, x: TensorType) -> tuple[int, int, int]:
        """Return mantissa and left shift of a difference, and the lowest difference that counts.

        Raises:
            ShapeMismatch: ``beta`` times the input's scale is below 2**-26.
        """
        real = self.beta * x.scale * (1 << (31 - DIFFERENCE_BITS))
        if real <= 1:
            raise ShapeMismatch(
                f"{self.name}: beta {self.beta:g} times scale {x.scale:g} is below 2**-26"
            )
        if real >= 1 << MAX_SHIFT:
            return 0, 0, 0  # a single step is beyond exp(-16): only the maximum counts
        mantissa, shift = quantize_multiplier(real)
        radius = ((1 << DIFFERENCE_BITS) - 1) * (1 << (31 - DIFFERENCE_BITS)) >> shift
        return mantissa, shift, -radius
