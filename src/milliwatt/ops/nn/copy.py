"""Copy: the same tensor at another place.

It moves a variable's content into the graph and back, and materialises an output that would
otherwise be a view of an input.
"""

from dataclasses import dataclass
from typing import ClassVar

from milliwatt.ir import Arrays, DType, Op, Rows, Types, Window


@dataclass(frozen=True, slots=True)
class Copy(Op):
    """Every element as it is.

    Operands:
        x: any type and shape.
    """

    name: ClassVar[str] = "nn.copy"

    def infer(self, types: Types) -> Types:
        """Return the input's type."""
        self._want(types, tuple(DType))
        return types

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Return a copy."""
        del types
        return (arrays[0].copy(),)

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)
