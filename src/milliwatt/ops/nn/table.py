"""Any function of one 8-bit number.

    y = table[x - lowest number of x's type]

Activations and changes of quantisation all become this: exact whatever the function, at one price.

Source: none; the table is the meaning.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window

BYTES = (DType.S8, DType.U8)
ENTRIES = 256


@dataclass(frozen=True, slots=True)
class Table(Op):
    """A table of 256 entries, int8 or uint8 in and out.

    Operands:
        x: s8 or u8 of any shape.
    """

    name: ClassVar[str] = "nn.table"

    out: Quant
    table: tuple[
        int, ...
    ]  # by stored integer, from the lowest (-128, or 0 for uint8) to the highest
    dtype: DType = DType.S8  # of the output

    def infer(self, types: Types) -> Types:
        """Return ``dtype`` of the same shape, or raise `ShapeMismatch`."""
        self._want(types, BYTES)
        if self.dtype not in BYTES:
            raise ShapeMismatch(f"{self.name}: gives {self.dtype.value}; wanted s8 or u8")
        low, high = self.dtype.limits
        if len(self.table) != ENTRIES or not all(low <= v <= high for v in self.table):
            raise ShapeMismatch(
                f"{self.name}: {len(self.table)} entries from {min(self.table, default=0)} to "
                f"{max(self.table, default=0)}; wanted {ENTRIES} from {low} to {high}"
            )
        return (TensorType(types[0].shape, self.dtype, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Look up."""
        entries = np.array(self.table, self.dtype.numpy)
        return (entries[arrays[0].astype(np.int64) - types[0].dtype.limits[0]],)

    def rows(self, types: Types) -> Rows:
        """Need the row itself."""
        del types
        return (Window(),)
