"""Elementwise difference.

    y = clamp(zy + M(S(a) - S(b), my)),   S(a) = M((a - za) * 2**20, ma)

As `ops/nn/add.py`, save that the reference divides the scales in float32, hence so does this.

Source: TensorFlow Lite Micro, kernels/sub_common and reference sub.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.ir import Arrays, Types
from milliwatt.ops.binary import Binary
from milliwatt.ops.fixed import clamp, requantize
from milliwatt.ops.nn.add import LEFT_SHIFT, Multiplier, below_one, rescaled


@dataclass(frozen=True, slots=True)
class Sub(Binary):
    """Difference of two int8 tensors of any quantisation."""

    name: ClassVar[str] = "nn.sub"

    def infer(self, types: Types) -> Types:
        """Return s8 of the broadcast shape, or raise `ShapeMismatch`."""
        result = Binary.infer(self, types)
        self.multipliers(types)
        return result

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute the formula above."""
        for_a, for_b, for_y = self.multipliers(types)
        total = rescaled(arrays[0], types[0], for_a) - rescaled(arrays[1], types[1], for_b)
        scaled = requantize(total, *for_y).astype(np.int64) + self.out.zero_point
        return (clamp(scaled, *self.clip, types[0].dtype.numpy),)

    def multipliers(self, types: Types) -> tuple[Multiplier, Multiplier, Multiplier]:
        """Return mantissa and shift (at most 0) for a, b and y."""
        a, b = (np.float32(t.scale) for t in types)
        twice = np.float32(2) * max(a, b)
        fine = np.float32(1 << LEFT_SHIFT) * np.float32(self.out.scale[0])
        return below_one(self.name, float(a / twice), float(b / twice), float(twice / fine))
