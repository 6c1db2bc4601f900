"""What a board offers: a core, memory, a clock and, where published, its current."""

import enum
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from milliwatt.errors import InputError
from milliwatt.targets.cpu import Arch, Cpu, choose, folder, load_cpu, names_in
from milliwatt.targets.reader import Table


class Support(enum.Enum):
    """How far a model can be taken for a board without having it."""

    EXPORTED = "exported"  # C sources only
    BUILT = "built"  # compiled and linked: sizes are known
    EMULATED = "emulated"  # built and run: instructions, stack and results are measured
    NATIVE = "native"  # built and run on this machine


@dataclass(frozen=True, slots=True)
class Memory:
    """One contiguous region: ``size`` bytes from address ``origin``."""

    origin: int
    size: int

    @property
    def end(self) -> int:
        """The first address behind the region."""
        return self.origin + self.size

    def holds(self, address: int, size: int = 1) -> bool:
        """Tell whether all of the ``size`` bytes at ``address`` lie inside."""
        return self.origin <= address and address + size <= self.end


@dataclass(frozen=True, slots=True)
class ActiveCurrent:
    """Current of the running chip, as published.

    Attributes:
        microamps_per_mhz: of the core's clock.
        volts: supply at which the figure holds.
        source: document, section and conditions.
    """

    microamps_per_mhz: float
    volts: float
    source: str


@dataclass(frozen=True, slots=True)
class Board:
    """A microcontroller board.

    Attributes:
        name: as in ``boards/NAME.toml``.
        title: chip and board as their makers write them.
        cpu: its core.
        flash: where code runs in place; None for the host.
        flash_data: a second window onto the same flash through which constants are read, for
            chips whose code window cannot be read as data; else None.
        ram: the largest contiguous region; None for the host.
        clock_hz: highest clock of the core; None for the host.
        current: published run current, or None where there is none to rely on.
        data_sheet: document, revision and section of the sizes above.
        support: what can be done for it here.
    """

    name: str
    title: str
    cpu: Cpu
    flash: Memory | None
    flash_data: Memory | None
    ram: Memory | None
    clock_hz: int | None
    current: ActiveCurrent | None
    data_sheet: str
    support: Support

    @property
    def flash_bytes(self) -> int | None:
        """Bytes of flash, or None for the host."""
        return self.flash.size if self.flash else None

    @property
    def ram_bytes(self) -> int | None:
        """Bytes of RAM, or None for the host."""
        return self.ram.size if self.ram else None

    def energy_uj(self, cycles: int) -> float | None:
        """Return the energy of ``cycles`` clock cycles in µJ, or None without a published current.

        One µA/MHz is one pA·s a cycle, that is 1e-12 C; times volts it is 1e-6 µJ a cycle.
        The clock cancels: running faster draws more current for less time.
        """
        if self.current is None:
            return None
        return cycles * self.current.microamps_per_mhz * self.current.volts * 1e-6

    def latency_ms(self, cycles: int) -> float | None:
        """Return how long ``cycles`` take at `clock_hz`, in ms, or None for the host."""
        return None if self.clock_hz is None else cycles / self.clock_hz * 1e3


BOARDS: tuple[str, ...] = names_in(folder("boards"))


def load_board(name: str) -> Board:
    """Return the board called ``name``.

    Raises:
        InputError: there is none of this name (lists those there are), or its file is not as
            it should be.
    """
    return read_board(folder("boards").joinpath(choose("board", name, BOARDS) + ".toml"))


def read_board(file: Traversable) -> Board:
    """Read the description of a board; its name is that of the file.

    Raises:
        InputError: names the file, the key and what was expected.
    """
    table = Table.of_file(file)
    cpu = load_cpu(table.string("cpu"))
    known = [item.value for item in Support]
    support = Support(choose(f"support (in {file.name})", table.string("support"), known))
    flash_table, ram_table = table.optional_table("flash"), table.optional_table("ram")
    board = Board(
        name=file.name.removesuffix(".toml"),
        title=table.string("title"),
        cpu=cpu,
        flash=_memory(flash_table),
        flash_data=_data_window(flash_table),
        ram=_memory(ram_table),
        clock_hz=table.optional_positive("clock_hz"),
        current=_current(table.optional_table("current")),
        data_sheet=table.string("data_sheet"),
        support=support,
    )
    for asked in (table, flash_table, ram_table):
        if asked:
            asked.finish()
    _check(board, file.name)
    return board


def _memory(table: Table | None) -> Memory | None:
    if table is None:
        return None
    return Memory(table.natural("origin"), table.positive("bytes"))


def _data_window(flash: Table | None) -> Memory | None:
    origin = flash.optional_natural("data_origin") if flash else None
    if flash is None or origin is None:
        return None
    return Memory(origin, flash.positive("bytes"))


def _current(table: Table | None) -> ActiveCurrent | None:
    if table is None:
        return None
    current = ActiveCurrent(
        table.positive_float("microamps_per_mhz"),
        table.positive_float("volts"),
        table.string("source"),
    )
    table.finish()
    return current


def _check(board: Board, file: str) -> None:
    """Refuse what could not be mapped or built."""
    on_chip = board.cpu.arch is not Arch.HOST
    for key, value in (("flash", board.flash), ("ram", board.ram), ("clock_hz", board.clock_hz)):
        if on_chip and value is None:
            raise InputError(f"{file}: '{key}' is missing; only the host goes without")
    for key, memory in (("flash", board.flash), ("ram", board.ram)):
        # The emulator maps pages of 4 KiB, and a region larger than the board's would hide faults.
        if memory and (memory.origin % 4096 or memory.size % 4096):
            raise InputError(f"{file}: [{key}] must begin and end at a multiple of 4096 bytes")
    if board.support is Support.EMULATED and board.cpu.emulator_model is None:
        raise InputError(f"{file}: support is 'emulated', but {board.cpu.name} has no emulator")
