"""Standardise: every channel less its own mean, divided by its own deviation, as int8.

    y[0, t, c] = clamp(zy + requantise(x[0, t, c] - mean[c]))

where channel ``c`` is multiplied by ``1 / (deviation[c] * y.scale)``.

Mean and deviation are counted in steps of the input, so its scale cancels.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import Int32, clamp, quantize_multipliers, requantize

MAX_MULTIPLIER = 1 << 14
"""A difference has 16 bits and a sign. Below this, a multiplier's shift is at most 15 even where
its mantissa rounds up, so nothing wraps."""


@dataclass(frozen=True, slots=True)
class Standardize(Op):
    """Channels of different units to one scale.

    Operands:
        x: s16 ``[1, T, C]``.

    Attributes:
        out: the output's quantisation; its real numbers count deviations.
        mean: the integer subtracted, for each channel, within int16.
        deviation: what then counts as one, for each channel, in steps of the input.
    """

    name: ClassVar[str] = "dsp.standardize"

    out: Quant
    mean: tuple[int, ...]
    deviation: tuple[float, ...]

    def infer(self, types: Types) -> Types:
        """Return s8 of the same shape, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1:
            raise ShapeMismatch(f"{self.name}: input {x}; wanted s16[1, T, C]")
        if not len(self.mean) == len(self.deviation) == x.shape[2]:
            raise ShapeMismatch(
                f"{self.name}: {len(self.mean)} means and {len(self.deviation)} deviations "
                f"for the {x.shape[2]} channels of {x}"
            )
        low, high = DType.S16.limits
        smallest = 1.0 / (MAX_MULTIPLIER * self.out.scale[0])
        for c, (m, d) in enumerate(zip(self.mean, self.deviation, strict=True)):
            if not low <= m <= high:
                raise ShapeMismatch(
                    f"{self.name}: mean of channel {c} is {m}; wanted it within int16"
                )
            if not smallest < d < float("inf"):
                raise ShapeMismatch(
                    f"{self.name}: deviation of channel {c} is {d:g} steps; "
                    f"wanted more than {smallest:g}"
                )
        return (TensorType(x.shape, DType.S8, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Subtract and scale."""
        del types
        centred = arrays[0].astype(np.int64) - np.array(self.mean, np.int64)
        scaled = requantize(centred, *self.multipliers())
        return (clamp(scaled + self.out.zero_point, *DType.S8.limits, DType.S8.numpy),)

    def macs(self, types: Types) -> int:
        """Return one for each element."""
        return types[0].size

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)

    def multipliers(self) -> tuple[Int32, Int32]:
        """Return mantissas and shifts, one for each channel."""
        return quantize_multipliers(1.0 / (d * self.out.scale[0]) for d in self.deviation)
