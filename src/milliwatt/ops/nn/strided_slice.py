"""Strided slice: every so manieth element of every axis.

    y[i0, i1, …] = x[begin[0] + i0 * stride[0], begin[1] + i1 * stride[1], …]

Masks, negative indices and ends are resolved by whoever builds the operator; SPLIT is several of
these, and a dropped axis is a reshape behind it.

Source: TensorFlow Lite STRIDED_SLICE.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import Arrays, DType, Op, Rows, Types, Window
from milliwatt.ops.axes import one_per_axis, one_scale, wanted_rank


@dataclass(frozen=True, slots=True)
class StridedSlice(Op):
    """Part of a tensor, whose quantisation is kept.

    Operands:
        x: any type, at most 4 axes.

    Attributes:
        begin: the first index, for each axis.
        stride: the step, for each axis; below zero it walks backwards, except along rows.
        shape: how many elements of each axis are taken.
    """

    name: ClassVar[str] = "nn.strided_slice"

    begin: tuple[int, ...]
    stride: tuple[int, ...]
    shape: tuple[int, ...]

    def infer(self, types: Types) -> Types:
        """Return the smaller type, or raise `ShapeMismatch` or `UnsupportedOp`."""
        self._want(types, tuple(DType))
        (x,) = types
        wanted_rank(self.name, x)
        one_scale(self.name, x)
        one_per_axis(self.name, "begins", self.begin, x)
        one_per_axis(self.name, "strides", self.stride, x)
        one_per_axis(self.name, "sizes", self.shape, x)
        for axis, (n, first, step, count) in enumerate(
            zip(x.shape, self.begin, self.stride, self.shape, strict=True)
        ):
            last = first + (count - 1) * step
            if step == 0 or count < 1 or not (0 <= first < n and 0 <= last < n):
                raise ShapeMismatch(
                    f"{self.name}: {count} from {first} in steps of {step} leave axis {axis} of {x}"
                )
        y = replace(x, shape=self.shape)
        if y.row_axis != x.row_axis:
            raise UnsupportedOp(
                f"{self.name}: {x} to {y} makes axis 0 the batch; reshape to a batch of 1 first"
            )
        if x.row_axis is not None and self.stride[x.row_axis] < 0 and y.rows > 1:
            raise UnsupportedOp(
                f"{self.name}: stride {self.stride[x.row_axis]} walks backwards along the rows "
                f"of {x}; only forwards is supported there"
            )
        return (y,)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Take the elements axis by axis."""
        del types
        (y,) = arrays
        for axis, (first, step, count) in enumerate(
            zip(self.begin, self.stride, self.shape, strict=True)
        ):
            y = y.take([first + i * step for i in range(count)], axis)
        return (y,)

    def rows(self, types: Types) -> Rows:
        """Need one row in ``stride``, from ``begin`` on."""
        axis = types[0].row_axis
        if axis is None:
            return (Window(),)
        step = self.stride[axis] if self.shape[axis] > 1 else 1
        return (Window(stride=step, pad=-self.begin[axis]),)
