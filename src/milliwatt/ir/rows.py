"""Row rules: which input rows an output row needs (DESIGN: rows are the unit of work)."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Window:
    """Output row ``i`` reads input rows ``i * stride - pad`` up to ``… + span - 1``.

    Rows outside the tensor read as rows of the zero point. With stride 0 every output row reads
    the same rows, which is how a broadcast operand behaves.
    """

    stride: int = 1
    span: int = 1
    pad: int = 0

    def needs(self, first: int, count: int) -> tuple[int, int]:
        """Return the first input row and how many, for ``count`` output rows from ``first``."""
        return first * self.stride - self.pad, (count - 1) * self.stride + self.span


class Special(Enum):
    """How an operator treats rows where windows do not describe it."""

    ACCUMULATE = "takes its input row by row, gives its one result after the last"
    WHOLE = "needs all of its input at once"
    VIEW = "gives its input another shape: the bytes stay where they are"


Rows = tuple[Window | None, ...] | Special
"""A window for each operand, None for a constant operand that has no rows; or a special case."""
