"""Runs a model's machine code on an emulated board and measures it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from milliwatt.emit.constants import DATA
from milliwatt.emit.library import Library
from milliwatt.errors import DoesNotFit
from milliwatt.ir import Array
from milliwatt.plan import Plan
from milliwatt.run.build import build_board
from milliwatt.run.counting import CodeCounts, Counter
from milliwatt.run.machine import Machine
from milliwatt.run.runner import CompiledRunner
from milliwatt.targets import Board

MAX_STACK_BYTES = 32 << 10
MIN_STACK_BYTES = 256


@dataclass(frozen=True)
class Measurement:
    """What one inference took.

    Attributes:
        instructions: executed from the entry of the model's function to its return.
        stack_bytes: the deepest stack below the entry, painted before and looked at after.
        layers: executed instructions by address, for each call of the plan.
        all: executed instructions by address, altogether.
    """

    instructions: int
    stack_bytes: int
    layers: tuple[CodeCounts, ...]
    all: CodeCounts


@dataclass(frozen=True, slots=True)
class FlashBytes:
    """What is linked: weights are constants made from the model, code is all the rest."""

    code: int
    weights: int

    @property
    def total(self) -> int:
        """Code and weights together."""
        return self.code + self.weights


class EmulatedRunner(CompiledRunner):
    """A board with the model in its flash; arena at the end of RAM, stack at its beginning."""

    def __init__(self, plan: Plan, library: Library, board: Board, folder: Path) -> None:
        """Build into ``folder`` and load.

        Raises:
            DoesNotFit: flash or RAM are too small; says by how much.
            BuildFailed: the compiler or linker refused.
            NotAvailable: the board has no emulator.
        """
        super().__init__(plan, library, board.cpu.word_bits // 8)
        self.board = board
        self.image = build_board(library, board, folder)
        assert board.ram is not None  # noqa: S101  (link_elf has refused such a board)
        left = board.ram.size - self.memory_bytes()
        if left < MIN_STACK_BYTES:
            raise DoesNotFit(
                f"{board.name}: the model needs {plan.arena_bytes + plan.state_bytes} bytes of RAM "
                f"and at least {MIN_STACK_BYTES} of stack, which is {MIN_STACK_BYTES - left} more "
                f"than the {board.ram.size} there are"
            )
        self._machine = Machine(board, self.image, min(left, MAX_STACK_BYTES))
        self._counter: Counter | None = None
        self._lay_out(board.ram.end)

    def measure(self, inputs: Sequence[Array]) -> tuple[tuple[Array, ...], Measurement]:
        """Run once with every instruction counted."""
        counter = Counter(self.image, self.library.model.layers)
        self._machine.paint_stack()
        self._counter = counter
        try:
            outputs = self.run(inputs)
        finally:
            self._counter = None
        return outputs, Measurement(
            instructions=counter.instructions,
            stack_bytes=self._machine.stack_peak_bytes(),
            layers=tuple(counter.of(name) for name in self.library.model.layers),
            all=counter.total,
        )

    def count_push(self, row: Array) -> int:
        """Push one row and return the instructions that it took."""
        self._counter = Counter(self.image)
        try:
            self.push(row)
            return self._counter.instructions
        finally:
            self._counter = None

    def flash_bytes(self) -> FlashBytes:
        """Return what the linked model occupies in flash."""
        total = self.image.code_bytes() + self.image.constant_bytes()
        prefix = f"{self.library.model.prefix}_{DATA}_"
        weights = sum(s.size for s in self.image.constants if s.name.startswith(prefix))
        return FlashBytes(total - weights, weights)

    def _read(self, address: int, size: int) -> bytes:
        return self._machine.read(address, size)

    def _write(self, address: int, data: bytes) -> None:
        self._machine.write(address, data)

    def _call(self, function: str, *arguments: int) -> int:
        return self._machine.call(function, *arguments, counter=self._counter).signed
