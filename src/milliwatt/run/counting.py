"""Exact instruction counts of an emulated CPU, by address and by layer.

The hooks are C (``counting.c``), built once and cached: about 200 million instructions a second
with every instruction counted, where a Python callback manages one million.
"""

import ctypes
import functools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError
from milliwatt.run.elf import ElfImage
from milliwatt.run.toolchain import WARNINGS, build_shared

Counts = npt.NDArray[np.uint64]
REST = "(rest)"


class CounterState(ctypes.Structure):
    """The C side's ``mw_counter``, field by field."""

    _fields_ = [  # ctypes wants a plain list
        *((name, ctypes.c_uint64) for name in ("base", "columns", "budget", "spent", "outside")),
        *((name, ctypes.c_uint64) for name in ("next", "last", "row", "exhausted")),
        *((name, ctypes.c_void_p) for name in ("bucket_at", "executed", "taken", "stop")),
    ]


@dataclass(frozen=True)
class CodeCounts:
    """How often each address of the code executed.

    Attributes:
        base: address of column 0; a column is 2 bytes.
        executed: [columns], executions of the instruction that begins there.
        taken: [columns], how many of those were not followed by the next address: for a branch,
            how often it was taken.
    """

    base: int
    executed: Counts
    taken: Counts

    @property
    def instructions(self) -> int:
        """All executions together."""
        return int(self.executed.sum())

    def at(self, address: int) -> int:
        """Return the executions of the instruction at ``address``."""
        return int(self.executed[(address - self.base) >> 1])

    def taken_at(self, address: int) -> int:
        """Return how often control did not go on behind the instruction at ``address``."""
        return int(self.taken[(address - self.base) >> 1])


class Counter:
    """Collects counts over any number of calls of a machine.

    ``markers`` are functions; what executes between entering one of them and entering another
    belongs to the former, kernels that it calls included. What comes before any of them belongs
    to `REST`, and every call begins there.
    """

    def __init__(self, image: ElfImage, markers: Sequence[str] = ()) -> None:
        """Prepare to count in ``image``.

        Raises:
            BadFile: a marker is not a function of the image.
            InputError: two markers are one function (identical code can be merged).
        """
        code = [s for s in image.segments if s.executable]
        self.base = min(s.address for s in code)
        end = max(s.address + len(s.data) for s in code)
        self.columns = (end - self.base + 1) // 2
        self.markers = tuple(markers)
        self.bucket_at: npt.NDArray[np.uint16] = np.zeros(self.columns, np.uint16)
        for bucket, name in enumerate(self.markers, start=1):
            column = (image.symbol(name).address - self.base) >> 1
            if self.bucket_at[column]:
                other = self.markers[int(self.bucket_at[column]) - 2]
                raise InputError(f"markers '{other}' and '{name}' are one function")
            self.bucket_at[column] = bucket + 1
        shape = (len(self.markers) + 1, self.columns)
        self.executed: Counts = np.zeros(shape, np.uint64)
        self.taken: Counts = np.zeros(shape, np.uint64)

    def reset(self) -> None:
        """Forget all counts."""
        self.executed.fill(0)
        self.taken.fill(0)

    @property
    def total(self) -> CodeCounts:
        """Counts of everything together."""
        executed, taken = self.executed.sum(axis=0), self.taken.sum(axis=0)
        return CodeCounts(self.base, executed.astype(np.uint64), taken.astype(np.uint64))

    @property
    def instructions(self) -> int:
        """Instructions executed, all buckets together."""
        return int(self.executed.sum())

    def of(self, marker: str) -> CodeCounts:
        """Return the counts of one marker, or of `REST`."""
        row = 0 if marker == REST else self.markers.index(marker) + 1
        return CodeCounts(self.base, self.executed[row].copy(), self.taken[row].copy())

    def by_marker(self) -> dict[str, int]:
        """Return the instructions of each marker, in order, and last those of `REST`."""
        sums = self.executed.sum(axis=1)
        counts = {name: int(n) for name, n in zip(self.markers, sums[1:], strict=True)}
        return {**counts, REST: int(sums[0])}

    def attach(self, state: CounterState) -> None:
        """Point the C side at this counter's arrays."""
        state.base, state.columns = self.base, self.columns
        state.next = state.last = state.row = state.outside = 0
        state.bucket_at = self.bucket_at.ctypes.data
        state.executed, state.taken = self.executed.ctypes.data, self.taken.ctypes.data

    def detach(self, state: CounterState) -> None:
        """Note that the latest instruction left the code: the call has returned."""
        if state.next:
            self.taken.reshape(-1)[state.last] += np.uint64(1)


@functools.cache
def hooks() -> ctypes.CDLL:
    """Return the library of hooks, built on first use.

    Raises:
        BuildFailed: the compiler for this machine does not work.
    """
    with tempfile.TemporaryDirectory(prefix="mw-hooks-") as folder:
        source = Path(__file__).with_name("counting.c")
        # Loaded before the folder goes; the mapping stays.
        return ctypes.CDLL(str(build_shared([source], Path(folder) / "hooks.so", extra=WARNINGS)))
