"""Concatenation: tensors put side by side along one axis.

    y = x0 | x1 | … along the axis, every element as it is

All operands share one quantisation, which is the output's: TensorFlow Lite Micro asks the same of
int8 operands, so nothing is ever rescaled.

Along the row axis, output row ``i`` is row ``i - (rows of the operands before)`` of the one operand
that has such a row.
"""

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import Arrays, DType, Op, Rows, TensorType, Types, Window
from milliwatt.ops.axes import one_scale

MAX_OPERANDS = 4
"""How many operands kernels take; an importer chains more, ``cat(cat(a, b, c, d), e)``."""


@dataclass(frozen=True, slots=True)
class Concatenation(Op):
    """Side by side along ``axis``, counted from the front.

    Operands:
        x0, x1, …: two or more of one type and quantisation, equal in every other axis.
    """

    name: ClassVar[str] = "nn.concatenation"

    axis: int

    def infer(self, types: Types) -> Types:
        """Return the joined type, or raise `ShapeMismatch` or `UnsupportedOp`."""
        if len(types) < 2:
            raise ShapeMismatch(f"{self.name}: wants 2 operands or more, got {len(types)}")
        self._want(types, *[tuple(DType)] * len(types))
        first = types[0]
        one_scale(self.name, first)
        if not 0 <= self.axis < len(first.shape):
            raise ShapeMismatch(
                f"{self.name}: axis {self.axis} of {first}, which has {len(first.shape)} axes"
            )
        for i, t in enumerate(types):
            self._alike(first, t, i)
        before, behind = first.shape[: self.axis], first.shape[self.axis + 1 :]
        y = replace(first, shape=(*before, sum(t.shape[self.axis] for t in types), *behind))
        if self.axis < (y.row_axis or 0) or any(t.row_axis != y.row_axis for t in types):
            raise UnsupportedOp(
                f"{self.name}: {first} along the batch axis 0; reshape to drop that axis"
            )
        return (y,)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Join the arrays."""
        del types
        return (np.concatenate(arrays, self.axis),)

    def rows(self, types: Types) -> Rows:
        """Need the same row of each operand, or along the row axis a row of one of them."""
        if self.axis != types[0].row_axis:
            return tuple(Window() for _ in types)
        before = accumulate((t.rows for t in types[:-1]), initial=0)
        return tuple(Window(pad=n) for n in before)

    def _alike(self, first: TensorType, t: TensorType, i: int) -> None:
        others = [a for a in range(len(first.shape)) if a != self.axis]
        if len(t.shape) != len(first.shape) or any(t.shape[a] != first.shape[a] for a in others):
            raise ShapeMismatch(
                f"{self.name}: operand {i} is {t}; wanted {first} but for axis {self.axis}"
            )
        if t.dtype is not first.dtype or t.quant != first.quant:
            raise ShapeMismatch(
                f"{self.name}: operand {i} is {t} ({t.quant}); "
                f"wanted type and quantisation of operand 0, {first} ({first.quant})"
            )
