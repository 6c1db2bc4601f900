"""Transpose: the axes in another order.

    axis k of y is axis perm[k] of x

Source: TensorFlow Lite TRANSPOSE.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import Arrays, DType, Op, Types
from milliwatt.ops.axes import one_scale

MAX_RANK = 5


@dataclass(frozen=True, slots=True)
class Transpose(Op):
    """Axes in another order; the quantisation, one for the tensor, is kept.

    Operands:
        x: any type, at most 5 axes.

    Attributes:
        perm: for each axis of the output the axis of the input that it is.
    """

    name: ClassVar[str] = "nn.transpose"

    perm: tuple[int, ...]

    def infer(self, types: Types) -> Types:
        """Return the type with permuted axes, or raise `ShapeMismatch` or `UnsupportedOp`."""
        self._want(types, tuple(DType))
        (x,) = types
        if len(x.shape) > MAX_RANK:
            raise UnsupportedOp(
                f"{self.name}: {x} has {len(x.shape)} axes; at most {MAX_RANK} are supported"
            )
        if sorted(self.perm) != list(range(len(x.shape))):
            raise ShapeMismatch(f"{self.name}: {list(self.perm)} is no order of the axes of {x}")
        one_scale(self.name, x)
        return (replace(x, shape=tuple(x.shape[a] for a in self.perm)),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Permute the array's axes."""
        del types
        return (np.ascontiguousarray(arrays[0].transpose(self.perm)),)
