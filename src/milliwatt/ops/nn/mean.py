"""Mean over axes.

    y = clamp(zy + M(sum of x - n * zx, sx / sy / n)),   n elements averaged

``M`` scales with two roundings (`ops/fixed.py`). The division by ``n`` is folded into the
multiplier after both were rounded: the mantissa of ``sx / sy``, shifted left by ``floor(log2 n)``
and divided by ``n``, loses its fraction.

Source: TensorFlow Lite Micro, kernels/reduce_common and reference reduce.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, Special, TensorType, Types, Window
from milliwatt.ops.fixed import clamp, quantize_multiplier, requantize, wrap_int32

LARGEST_NUMBER = (1 << 24) - 1  # elements averaged; so many int8 fit an int32 sum


@dataclass(frozen=True, slots=True)
class Mean(Op):
    """Mean over ``axes``, int8 in and out, of any quantisation.

    Averaged axes stay as 1, or vanish without ``keep_dims``. Where rows are averaged they
    accumulate; otherwise each row of the output is the mean within a row of the input.

    Operands:
        x: s8 of any shape.
    """

    name: ClassVar[str] = "nn.mean"

    out: Quant
    axes: tuple[int, ...]
    keep_dims: bool = False

    def infer(self, types: Types) -> Types:
        """Return s8 without the averaged axes, or with 1 for each; or raise `ShapeMismatch`."""
        self._want(types, (DType.S8,))
        (x,) = types
        rank = len(x.shape)
        if not self.axes or any(not -rank <= a < rank for a in self.axes):
            raise ShapeMismatch(f"{self.name}: axes {list(self.axes)} are not those of {x}")
        if self.number(x) > LARGEST_NUMBER:
            raise ShapeMismatch(f"{self.name}: averages {self.number(x)} elements of {x}; too many")
        quantize_multiplier(x.scale / self.out.scale[0])
        averaged = self._averaged(x)
        kept = [1 if i in averaged else d for i, d in enumerate(x.shape)]
        shape = kept if self.keep_dims else [d for i, d in enumerate(x.shape) if i not in averaged]
        y = TensorType(tuple(shape), DType.S8, self.out)
        self.row_split(x)
        if not self.averages_rows(x) and y.rows != x.rows:
            raise ShapeMismatch(
                f"{self.name}: {x} over axes {list(self.axes)} gives {y}, whose rows are others; "
                f"keep the averaged dimensions and give the result another shape"
            )
        return (y,)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute the formula above."""
        (x,) = types
        (y,) = self.infer(types)
        axes = tuple(sorted(self._averaged(x)))
        total = arrays[0].astype(np.int64).sum(axis=axes).reshape(y.shape)
        centred = wrap_int32(total - self.number(x) * x.zero_point)
        scaled = requantize(centred, *self.multiplier(x)).astype(np.int64)
        return (clamp(scaled + self.out.zero_point, *y.dtype.limits, y.dtype.numpy),)

    def rows(self, types: Types) -> Rows:
        """Add row after row, or take each row by itself."""
        return Special.ACCUMULATE if self.averages_rows(types[0]) else (Window(),)

    def averages_rows(self, x: TensorType) -> bool:
        """Tell whether rows are averaged with each other."""
        return x.row_axis in self._averaged(x)

    def number(self, x: TensorType) -> int:
        """Return how many elements are averaged into one."""
        return math.prod(x.shape[a] for a in self._averaged(x))

    def multiplier(self, x: TensorType) -> tuple[int, int]:
        """Return mantissa and shift, the division by the number of elements included."""
        number = self.number(x)
        mantissa, shift = quantize_multiplier(x.scale / self.out.scale[0])
        more = min(number.bit_length() - 1, 32, 31 + shift)
        return (mantissa << more) // number, shift - more

    def row_split(self, x: TensorType) -> tuple[int, int, int]:
        """Return the sizes ``(outer, averaged, inner)`` of a row of ``x``.

        Raises:
            ShapeMismatch: the averaged axes within a row are not neighbours.
        """
        begin = 0 if x.row_axis is None else x.row_axis + 1
        long = [a for a in range(begin, len(x.shape)) if x.shape[a] > 1]
        mean = [a for a in long if a in self._averaged(x)]
        if not mean:
            return 1, 1, x.row_size
        first, last = mean[0], mean[-1]
        if any(first < a < last and a not in mean for a in long):
            raise ShapeMismatch(f"{self.name}: axes {list(self.axes)} of {x} are not neighbours")
        outer = math.prod(x.shape[begin:first])
        inner = math.prod(x.shape[last + 1 :])
        return outer, x.row_size // (outer * inner), inner

    def _averaged(self, x: TensorType) -> frozenset[int]:
        return frozenset(a % len(x.shape) for a in self.axes)
