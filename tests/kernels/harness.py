"""Calls one kernel variant as the contract says, on the host, for chosen ranges of rows.

The same call is made over full maps and through rings: a ring holds just the rows that the call
needs, and everything else is poisoned before each call.
"""

import ctypes
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

import milliwatt.kernels as kernels_room
from milliwatt.ir import Array, Graph, Kind, Node, Special, TensorType
from milliwatt.kernels import Kernel, Variant

ROOM = Path(kernels_room.__file__).parent
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
FLAGS = ["-std=c11", "-O1", "-g", "-shared", "-fPIC", *WARNINGS]
POISON = 0xA5


@cache
def library(source: Path, *, undefined: str = "-fsanitize-trap=undefined") -> ctypes.CDLL:
    """Build one kernel file for the host, every undefined behaviour a trap."""
    out = Path(mkdtemp(prefix="milliwatt-kernel-")) / (source.stem + ".so")
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-fsanitize=undefined", undefined]
    done = subprocess.run(
        [*command, "-I", str(ROOM), "-I", str(source.parent), str(source), "-o", str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(out))


class Run:
    """One node, one variant, and the arrays of its operands."""

    def __init__(
        self, kernel: Kernel, variant: Variant, node: Node, arrays: Mapping[str, Array]
    ) -> None:
        """Take ``arrays`` by value name for the operands that are not constants."""
        self.kernel, self.variant, self.node = kernel, variant, node
        self.operands = [
            arrays[v.name] if v.kind is not Kind.CONSTANT else v.data for v in node.inputs
        ]
        self.rule = node.op.rows(node.types)
        params = list(kernel.params(node).values())
        self._params = (ctypes.c_int32 * max(1, len(params)))(*params)
        self._constants = [np.ascontiguousarray(a) for a in variant.constants(node).values()]
        self._scratch = {rows: _aligned(variant.lent_bytes(node, rows) + 16) for rows in (1, 2)}
        self._call = getattr(library(kernel.source(variant)), kernel.symbol(variant))
        self._call.restype = None

    def all(self) -> Array:
        """Compute every row in one call."""
        return self.ranges([(0, self.total)])

    @property
    def total(self) -> int:
        """How many rows there are to step over: of the input where it accumulates."""
        if self.rule is Special.ACCUMULATE:
            return self.node.inputs[0].type.rows
        return self.node.output.type.rows

    def ranges(self, ranges: Iterable[tuple[int, int]], *, ring: bool = False) -> Array:
        """Compute the given ranges (first, count) and return the output."""
        out_type = self.node.output.type
        out = np.full(out_type.shape, 0x5A, out_type.dtype.numpy)
        for first, count in ranges:
            if self.rule is Special.WHOLE:
                self._invoke(1, *self._whole(), _pointer(out))
            elif self.rule is Special.ACCUMULATE:
                keep, x = self._tables(first, count, ring=ring, accumulate=True)
                self._invoke(1, *x, *map(_pointer, self._constants), _pointer(out), first, count)
                del keep
            else:
                keep, x = self._tables(first, count, ring=ring, accumulate=False)
                y = _table(_row_addresses(out, out_type)[first : first + count])
                self._invoke(count, *x, *map(_pointer, self._constants), y, count)
                del keep
        behind = (scratch[-16:] for scratch in self._scratch.values())
        assert all((end == POISON).all() for end in behind), "wrote behind its scratch"
        return out

    def _invoke(self, rows: int, *arguments: object) -> None:
        """Call with what is lent for so many rows; sums keep theirs from call to call."""
        typed = [ctypes.c_int32(a) if isinstance(a, int) else a for a in arguments]
        self._call(self._params, *typed, _pointer(self._scratch[min(rows, 2)]))

    def _whole(self) -> list[object]:
        pairs = zip(self.operands, self.node.inputs, strict=True)
        inputs = [o for o, v in pairs if v.kind is not Kind.CONSTANT]
        return [*map(_pointer, inputs), *map(_pointer, self._constants)]

    def _tables(
        self, first: int, count: int, *, ring: bool, accumulate: bool
    ) -> tuple[list[object], list[object]]:
        """Return what must stay alive, and a table for each operand with rows."""
        keep: list[object] = []
        tables: list[object] = []
        windows = (None,) * len(self.operands) if accumulate else self.rule
        for i, (operand, value) in enumerate(zip(self.operands, self.node.inputs, strict=True)):
            window = windows[i]
            if window is None and not (accumulate and i == 0):
                continue
            begin, needed = (first, count) if window is None else window.needs(first, count)
            source = _ringed(operand, value.type, begin, needed) if ring else operand
            rows = _row_addresses(source, value.type)
            outside = np.full(value.type.row_size, value.type.zero_point, value.type.dtype.numpy)
            beyond = None if self.kernel.outside_is_null else outside.ctypes.data
            keep += [source, outside]
            tables.append(_table([
                rows[r] if 0 <= r < value.type.rows else beyond
                for r in range(begin, begin + needed)
            ]))  # fmt: skip
        return keep, tables


def _ringed(operand: Array, type_: TensorType, first: int, count: int) -> Array:
    """Return a copy in which only the rows of the call hold their values."""
    axis = type_.row_axis or 0
    poison = np.full(operand.nbytes, POISON, np.uint8)
    poisoned = poison.view(operand.dtype).reshape(operand.shape)
    if type_.row_axis is None:
        return operand.copy()
    inside = [slice(None)] * operand.ndim
    inside[axis] = slice(max(0, first), max(0, first + count))
    poisoned[tuple(inside)] = operand[tuple(inside)]
    return poisoned


def _row_addresses(array: Array, type_: TensorType) -> list[int]:
    return [array.ctypes.data + r * type_.row_bytes for r in range(type_.rows)]


def _table(addresses: list[int | None]) -> object:
    return (ctypes.c_void_p * max(1, len(addresses)))(*addresses)


def _pointer(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _aligned(size: int) -> Array:
    """Return ``size`` bytes at an address that is a multiple of 16."""
    raw = np.full(size + 16, POISON, np.uint8)
    skip = -raw.ctypes.data % 16
    return raw[skip : skip + size]


def only_node(graph: Graph) -> Node:
    """Return the node of a graph that has one."""
    (node,) = graph.nodes
    return node
