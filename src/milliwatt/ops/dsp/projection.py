"""A fixed linear map of every row, such as a cosine transform: rows of features to fewer of them.

    y[0, f, c] = clamp((sum over i of weights[c][i] * x[0, f, i] + 2**(shift - 1)) >> shift)

Rounded to the nearest, ties upward, within int16. The weights' magnitudes add up to less than
2**16 for every output, so that no sum leaves 32 bits.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import Int64, clamp

MAX_SHIFT = 20
MAX_MAGNITUDE = (1 << 16) - (1 << 5)
"""Of the weights of one output together: times 2**15, and 2**19 for rounding, it is under 2**31."""


@dataclass(frozen=True, slots=True)
class Projection(Op):
    """Weighted sums of a row's numbers.

    Operands:
        x: s16 ``[1, F, I]``, zero point 0.

    Attributes:
        weights: whole numbers within int16, one row of I for each output.
        shift: bits dropped, 1 to 20.
        scale: what one step of the output stands for.
    """

    name: ClassVar[str] = "dsp.projection"

    weights: tuple[tuple[int, ...], ...]
    shift: int
    scale: float

    def infer(self, types: Types) -> Types:
        """Return s16 ``[1, F, C]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s16[1, F, I] with 0"
            )
        if not self.weights or not 1 <= self.shift <= MAX_SHIFT:
            raise ShapeMismatch(
                f"{self.name}: {len(self.weights)} outputs, shift {self.shift}; wanted at "
                f"least one, and 1 to {MAX_SHIFT}"
            )
        low, high = DType.S16.limits
        for c, row in enumerate(self.weights):
            if len(row) != x.shape[2] or not all(low <= w <= high for w in row):
                raise ShapeMismatch(
                    f"{self.name}: output {c} has {len(row)} weights up to {max(map(abs, row))}; "
                    f"wanted {x.shape[2]} within int16"
                )
            if sum(map(abs, row)) > MAX_MAGNITUDE:
                raise ShapeMismatch(
                    f"{self.name}: the weights of output {c} add up to {sum(map(abs, row))}; "
                    f"wanted at most {MAX_MAGNITUDE}"
                )
        return (TensorType((1, x.rows, len(self.weights)), DType.S16, Quant((self.scale,))),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Sum in 64 bits; a first axis longer than 1 is a batch of inputs."""
        del types
        matrix: Int64 = np.array(self.weights, np.int64)
        sums = arrays[0].astype(np.int64) @ matrix.T
        rounded = (sums + (1 << (self.shift - 1))) >> self.shift
        return (clamp(rounded, *DType.S16.limits, DType.S16.numpy),)

    def macs(self, types: Types) -> int:
        """Return one for each weight."""
        return types[0].rows * len(self.weights) * len(self.weights[0])

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)
