"""Padding with a constant, before and after any axis."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import Arrays, DType, Op, Rows, TensorType, Types, Window
from milliwatt.ops.axes import one_per_axis, one_scale, wanted_rank

DTYPES = (DType.S8, DType.U8, DType.S16, DType.S32)


@dataclass(frozen=True, slots=True)
class Pad(Op):
    """Elements of one value around the input, whose quantisation is kept.

    Operands:
        x: s8, u8, s16 or s32, at most 4 axes.

    Attributes:
        pads: how many elements before and after, for each axis.
        value: the stored integer that fills them; the zero point where None.
    """

    name: ClassVar[str] = "nn.pad"

    pads: tuple[tuple[int, int], ...]
    value: int | None = None

    def infer(self, types: Types) -> Types:
        """Return the larger type, or raise `ShapeMismatch` or `UnsupportedOp`."""
        self._want(types, DTYPES)
        (x,) = types
        wanted_rank(self.name, x)
        one_scale(self.name, x)
        one_per_axis(self.name, "paddings", self.pads, x)
        if any(n < 0 for pair in self.pads for n in pair):
            raise ShapeMismatch(f"{self.name}: paddings {self.pads} of {x}; wanted none below 0")
        if any(pair != (0, 0) for pair in self.pads[: x.row_axis or 0]):
            raise UnsupportedOp(f"{self.name}: paddings {self.pads} reach the batch axis of {x}")
        low, high = x.dtype.limits
        if not low <= self.filler(x) <= high:
            raise ShapeMismatch(f"{self.name}: value {self.filler(x)} does not fit {x}")
        shape = tuple(a + n + b for n, (a, b) in zip(x.shape, self.pads, strict=True))
        return (replace(x, shape=shape),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Pad the array."""
        value = self.filler(types[0])
        return (np.pad(arrays[0], self.pads, constant_values=value),)

    def rows(self, types: Types) -> Rows:
        """Need the same row, counted from behind the padding."""
        (x,) = types
        return (Window(pad=0 if x.row_axis is None else self.pads[x.row_axis][0]),)

    def filler(self, x: TensorType) -> int:
        """Return the integer that fills."""
        return x.zero_point if self.value is None else self.value
