"""Reshape: the same elements in the same order under another shape."""

import math
from dataclasses import dataclass
from typing import ClassVar

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Rows, Special, TensorType, Types


@dataclass(frozen=True, slots=True)
class Reshape(Op):
    """Another shape for the same bytes; there is no kernel, since nothing moves.

    Operands:
        x: any type and shape of as many elements as ``shape``.
    """

    name: ClassVar[str] = "nn.reshape"

    shape: tuple[int, ...]

    def infer(self, types: Types) -> Types:
        """Return the input's type with the new shape, or raise `ShapeMismatch`."""
        self._want(types, tuple(DType))
        (x,) = types
        if math.prod(self.shape) != x.size:
            want = math.prod(self.shape)
            raise ShapeMismatch(
                f"{self.name}: {x} has {x.size} elements, {list(self.shape)} needs {want}"
            )
        return (TensorType(self.shape, x.dtype, x.quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Return the elements in row-major order under the new shape."""
        del types
        return (arrays[0].reshape(self.shape),)

    def rows(self, types: Types) -> Rows:
        """Leave the bytes where they are."""
        del types
        return Special.VIEW
