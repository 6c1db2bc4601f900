"""What the elementwise operators on two int8 tensors share: shapes, rows, their two attributes."""

from dataclasses import dataclass

from milliwatt.ir import DType, Op, Quant, Rows, TensorType, Types
from milliwatt.ops.broadcast import broadcast_shape, row_loop, row_window


@dataclass(frozen=True, slots=True)
class Binary(Op):
    """An elementwise operator, int8 with int8 to int8, broadcasting as numpy does.

    Operands:
        a: s8; its axes are the output's, or missing, or 1.
        b: s8, likewise.
    """

    out: Quant
    clip: tuple[int, int] = (-128, 127)

    def infer(self, types: Types) -> Types:
        """Return s8 of the broadcast shape, or raise `ShapeMismatch`."""
        self._want(types, (DType.S8,), (DType.S8,))
        y = TensorType(broadcast_shape(self.name, types), DType.S8, self.out)
        for t in types:
            row_window(self.name, t, y)
        row_loop(self.name, types, y)
        return (y,)

    def rows(self, types: Types) -> Rows:
        """Need the same row of each operand, or its only one."""
        (y,) = self.infer(types)
        return tuple(row_window(self.name, t, y) for t in types)
