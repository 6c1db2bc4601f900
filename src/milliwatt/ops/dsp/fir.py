"""A filter of finite response, the same for every channel, with an output every ``hop`` samples.

    y[0, t, c] = clamp((sum over i of taps[i] * x[0, t * hop + i, c] + 2**(shift - 1)) >> shift)

Rounded to the nearest, ties upward, within int16. ``taps[0]`` meets the oldest sample. The
magnitudes of the taps add up to less than 2**16, so that no sum leaves 32 bits.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Rows, TensorType, Types, Window
from milliwatt.ops.dsp.projection import MAX_MAGNITUDE, MAX_SHIFT
from milliwatt.ops.fixed import clamp


@dataclass(frozen=True, slots=True)
class Fir(Op):
    """A filter of finite response along rows.

    Operands:
        x: s16 ``[1, T, C]``, zero point 0.

    Attributes:
        taps: whole numbers within int16, the oldest sample's first.
        shift: bits dropped, 1 to 20; a tap of 1.0 is ``2**shift``.
        hop: rows from one output to the next.
    """

    name: ClassVar[str] = "dsp.fir"

    taps: tuple[int, ...]
    shift: int
    hop: int = 1

    def infer(self, types: Types) -> Types:
        """Return s16 ``[1, (T - taps) / hop + 1, C]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s16[1, T, C] with 0"
            )
        if not 1 <= self.shift <= MAX_SHIFT or self.hop < 1:
            raise ShapeMismatch(
                f"{self.name}: shift {self.shift}, hop {self.hop}; wanted 1 to {MAX_SHIFT}, and at "
                "least 1"
            )
        low, high = DType.S16.limits
        if not 1 <= len(self.taps) <= x.rows or not all(low <= t <= high for t in self.taps):
            raise ShapeMismatch(
                f"{self.name}: {len(self.taps)} taps for {x}; wanted 1 to {x.rows}, within int16"
            )
        if sum(map(abs, self.taps)) > MAX_MAGNITUDE:
            raise ShapeMismatch(
                f"{self.name}: the taps add up to {sum(map(abs, self.taps))}; "
                f"wanted at most {MAX_MAGNITUDE}"
            )
        rows = (x.rows - len(self.taps)) // self.hop + 1
        return (TensorType((1, rows, x.shape[2]), DType.S16, x.quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Sum tap by tap in 64 bits; a first axis longer than 1 is a batch of inputs."""
        (y,) = self.infer(types)
        x, last = arrays[0].astype(np.int64), (y.rows - 1) * self.hop + 1
        sums = np.zeros((len(x), *y.shape[1:]), np.int64)
        for i, tap in enumerate(self.taps):
            sums += tap * x[:, i : i + last : self.hop]
        rounded = (sums + (1 << (self.shift - 1))) >> self.shift
        return (clamp(rounded, *DType.S16.limits, DType.S16.numpy),)

    def macs(self, types: Types) -> int:
        """Return one for each tap and output."""
        (y,) = self.infer(types)
        return y.size * len(self.taps)

    def rows(self, types: Types) -> Rows:
        """Need as many rows as there are taps."""
        del types
        return (Window(self.hop, len(self.taps)),)
