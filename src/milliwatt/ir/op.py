"""The contract of an operator: what it means, before any question of how it is computed."""

from abc import ABC, abstractmethod
from typing import ClassVar

from milliwatt.errors import ShapeMismatch
from milliwatt.ir.rows import Rows, Special
from milliwatt.ir.types import Array, DType, TensorType

Types = tuple[TensorType, ...]
Arrays = tuple[Array, ...]


class Op(ABC):
    """An operator: a frozen dataclass of attributes with a meaning.

    `evaluate` is the definition that every kernel, pass and plan must equal to the bit.
    """

    __slots__ = ()
    name: ClassVar[str]

    @abstractmethod
    def infer(self, types: Types) -> Types:
        """Return the output types, or raise `ShapeMismatch` or `UnsupportedOp`."""

    @abstractmethod
    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute the outputs. ``types`` are the operands' types, in the same order."""

    def macs(self, types: Types) -> int:
        """Return the multiply-accumulates of one call; zero where the notion does not apply."""
        del types
        return 0

    def rows(self, types: Types) -> Rows:
        """Return the row rule; an operator that says nothing needs its input whole."""
        del types
        return Special.WHOLE

    def _want(self, types: Types, *dtypes: tuple[DType, ...]) -> None:
        """Raise `ShapeMismatch` unless each operand has one of the types allowed for it."""
        if len(types) != len(dtypes):
            raise ShapeMismatch(f"{self.name}: wants {len(dtypes)} operands, got {len(types)}")
        for i, (t, allowed) in enumerate(zip(types, dtypes, strict=True)):
            if t.dtype not in allowed:
                want = " or ".join(d.value for d in allowed)
                raise ShapeMismatch(f"{self.name}: operand {i} is {t}; wanted {want}")
