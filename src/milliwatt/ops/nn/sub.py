"""Elementwise difference.

    y = clamp(zy + M(S(a) - S(b), my)),   S(a) = M((a - za) * 2**20, ma)

With the multipliers of `ops/nn/add.py`.

Source: TensorFlow Lite Micro, kernels/sub_common and reference sub.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.ir import Arrays, Types
from milliwatt.ops.fixed import clamp, requantize
from milliwatt.ops.nn.add import Add, rescaled


@dataclass(frozen=True, slots=True)
class Sub(Add):
    """Difference of two int8 tensors of any quantisation."""

    name: ClassVar[str] = "nn.sub"

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute the formula above."""
        for_a, for_b, for_y = self.multipliers(types)
        total = rescaled(arrays[0], types[0], for_a) - rescaled(arrays[1], types[1], for_b)
        scaled = requantize(total, *for_y).astype(np.int64) + self.out.zero_point
        return (clamp(scaled, *self.clip, types[0].dtype.numpy),)
