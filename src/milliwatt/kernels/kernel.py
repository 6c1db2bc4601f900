"""The contract of a kernel: what a piece of C covers, what it is given, what it needs.

A kernel computes rows. Its C function takes, in this order:

1. ``const mw_<op>_params *p``: the integers of `Kernel.params`;
2. for each operand that has rows a table of row pointers, ``const void *const *x``;
3. for each array of `Variant.constants` a pointer to it;
4. the output: a table of row pointers ``void *const *y`` and ``int32_t rows``, how many to compute;
5. ``void *scratch``, lent by the caller, 8-byte aligned.

Output row ``r`` of the call reads the rows ``x[r * stride] … x[r * stride + span - 1]``, as the
operator's `Window` says; the tables are filled by the caller, rows outside the image point at a
row of zero points, rings turn by pointer. So a kernel never wraps and never moves memory. A kernel
for which what lies outside does not count at all (pooling) says `Kernel.outside_is_null`, and finds
NULL there.

An operator that accumulates takes ``x`` and ``rows`` rows of *input* from row ``first``, clears its
sums (in scratch, which lives on between the calls) at row 0 and writes ``y``, one pointer, after
the last: ``(p, x…, constants…, void *y, int32_t first, int32_t rows, scratch)``. An operator that
needs its input whole takes plain pointers: ``(p, x…, constants…, void *y, scratch)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from pathlib import Path

from milliwatt.ir import Array, DType, Node, Op
from milliwatt.targets.isa import Isa


def _anything(node: Node) -> bool:
    del node
    return True


def _nothing(node: Node) -> int:
    del node
    return 0


def _no_constants(node: Node) -> Mapping[str, Array]:
    del node
    return {}


class Option(Flag):
    """What a variant trades away, so that it is used only where the user asks for it."""

    NONE = 0
    WINOGRAD = auto()


@dataclass(frozen=True, slots=True)
class Variant:
    """One implementation of a kernel: a C file and what it asks for.

    Attributes:
        name: ``scalar``, ``dsp``, …; the C file is ``<name>.c``.
        needs: features that the CPU must have.
        covers: tells whether a node's attributes and shapes are among those it computes.
        constants: the arrays it reads, packed as it wants them: weights, biases, tables.
        scratch_bytes: what the caller must lend.
        scratch_bytes_for_rows: what it must lend for calls of several rows, where that is more.
        option: what the user must have asked for.
        rows_at_once: output rows that it computes together; it takes any number, but this many, or
            a multiple, for little more than one.
    """

    name: str
    needs: Isa = Isa.SCALAR
    covers: Callable[[Node], bool] = _anything
    constants: Callable[[Node], Mapping[str, Array]] = _no_constants
    scratch_bytes: Callable[[Node], int] = _nothing
    option: Option = Option.NONE
    rows_at_once: int = 1
    scratch_bytes_for_rows: Callable[[Node], int] | None = None

    def lent_bytes(self, node: Node, rows: int) -> int:
        """Return what the caller must lend for calls of at most so many rows."""
        if rows > 1 and self.scratch_bytes_for_rows is not None:
            return self.scratch_bytes_for_rows(node)
        return self.scratch_bytes(node)

    @property
    def label(self) -> str:
        """What tells it from the kernel's other variants: ``long``, or ``long, 2 rows``."""
        return self.name if self.rows_at_once == 1 else f"{self.name}, {self.rows_at_once} rows"


@dataclass(frozen=True, slots=True)
class Kernel:
    """All variants that compute one operator on one combination of element types.

    Attributes:
        op: the operator.
        dtypes: element types of all operands, in order.
        suffix: the types as the symbols spell them, ``s8`` or ``s16_s8``.
        params: the integers of the parameter struct, in the order of its members.
        variants: best first, ``scalar`` last and total.
        folder: where the header and the C files are.
        outside_is_null: rows outside the image come as null pointers, for operators to which
            they are not zero points but nothing at all.
    """

    op: type[Op]
    dtypes: tuple[DType, ...]
    suffix: str
    params: Callable[[Node], Mapping[str, int]]
    variants: tuple[Variant, ...]
    folder: Path
    outside_is_null: bool = False

    @property
    def stem(self) -> str:
        """The operator's name in C: ``conv2d``."""
        return self.op.name.rpartition(".")[2]

    @property
    def header(self) -> Path:
        """The header that declares the parameters and every variant."""
        return self.folder / f"{self.stem}.h"

    def source(self, variant: Variant) -> Path:
        """Return the C file of ``variant``."""
        return self.folder / f"{self.suffix}_{variant.name}.c"

    def symbol(self, variant: Variant) -> str:
        """Return the C name of ``variant``: ``mw_conv2d_s8_dsp``."""
        return f"mw_{self.stem}_{self.suffix}_{variant.name}"

    def takes(self, node: Node) -> bool:
        """Tell whether the operator and the element types of ``node`` are this kernel's."""
        return type(node.op) is self.op and tuple(t.dtype for t in node.types) == self.dtypes
