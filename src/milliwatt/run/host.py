"""Runs a model's generated C on this machine."""

import ctypes
from pathlib import Path

import numpy as np

from milliwatt.emit.library import Library
from milliwatt.plan import Plan
from milliwatt.run.build import build_host
from milliwatt.run.runner import GUARD_BYTES, CompiledRunner


class HostRunner(CompiledRunner):
    """The C files that go to the board, built for this machine, instructions' twins included."""

    def __init__(self, plan: Plan, library: Library, folder: Path) -> None:
        """Build into ``folder``.

        Raises:
            BuildFailed: the compiler refused; carries its text.
        """
        super().__init__(plan, library, ctypes.sizeof(ctypes.c_void_p))
        self._library = ctypes.CDLL(str(build_host(library, folder)))
        self._memory = np.zeros(self.memory_bytes() + GUARD_BYTES, np.uint8)
        # no memory ends behind the arena here, as it does on a board: a guard tells of overruns
        self._lay_out(int(self._memory.ctypes.data) + len(self._memory) - GUARD_BYTES)
        self._guard(self._arena + self.plan.arena_bytes, "above the arena")

    def _read(self, address: int, size: int) -> bytes:
        return ctypes.string_at(address, size)

    def _write(self, address: int, data: bytes) -> None:
        ctypes.memmove(address, data, len(data))

    def _call(self, function: str, *arguments: int) -> int:
        called = getattr(self._library, function)
        called.restype = ctypes.c_int32
        # Addresses and small counts alike fit a pointer-sized integer in every calling convention.
        return int(called(*(ctypes.c_ssize_t(a) for a in arguments)))
