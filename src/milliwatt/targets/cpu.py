"""What the compiler and the emulator must know of a processor core."""

import difflib
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from milliwatt.errors import InputError
from milliwatt.targets.isa import Isa
from milliwatt.targets.reader import Table


class Arch(enum.Enum):
    """Families of instruction sets; ``HOST`` is whatever this program runs on."""

    ARM_M = "arm-m"
    RISCV = "riscv"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Cpu:
    """A processor core.

    Attributes:
        name: as in ``cpus/NAME.toml``.
        title: as its maker writes it.
        arch: family of its instruction set.
        isa: what kernels may rely on.
        word_bits: size of a pointer.
        flags: what ``zig cc`` needs to compile for it.
        gcc_flags: what stock GCC needs (``arm-none-eabi-gcc``, ``riscv32-unknown-elf-gcc``).
        emulator_model: the emulator's name for the core, or None where it has none.
        cycle_model: name of its table of instruction timings, or None.
        manual: the document that the facts come from.
    """

    name: str
    title: str
    arch: Arch
    isa: Isa
    word_bits: int
    flags: tuple[str, ...]
    gcc_flags: tuple[str, ...]
    emulator_model: str | None
    cycle_model: str | None
    manual: str


def folder(name: str) -> Traversable:
    """Return the folder ``name`` beside this file, wherever the package is installed."""
    return resources.files("milliwatt.targets").joinpath(name)


def names_in(directory: Traversable) -> tuple[str, ...]:
    """Return the sorted names of the ``.toml`` files in ``directory``."""
    files = (entry.name for entry in directory.iterdir())
    return tuple(sorted(file.removesuffix(".toml") for file in files if file.endswith(".toml")))


def choose(what: str, name: str, names: Iterable[str]) -> str:
    """Return ``name`` if it is one of ``names``.

    Raises:
        InputError: it is not. Lists what exists and the nearest one.
    """
    known = tuple(names)
    if name in known:
        return name
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise InputError(f"no {what} '{name}'; there are: {', '.join(known)}{hint}")


CPUS: tuple[str, ...] = names_in(folder("cpus"))


def load_cpu(name: str) -> Cpu:
    """Return the core called ``name``.

    Raises:
        InputError: there is none of this name, or its file is not as it should be.
    """
    return read_cpu(folder("cpus").joinpath(choose("CPU", name, CPUS) + ".toml"))


def read_cpu(file: Traversable) -> Cpu:
    """Read the description of a core; its name is that of the file.

    Raises:
        InputError: names the file, the key and what was expected.
    """
    table = Table.of_file(file)
    arch = choose(f"architecture (in {file.name})", table.string("arch"), [a.value for a in Arch])
    isa = Isa.SCALAR
    for feature in table.strings("isa"):
        known = [item.name.lower() for item in Isa if item.name]
        isa |= Isa[choose(f"ISA feature (in {file.name})", feature, known).upper()]
    cpu = Cpu(
        name=file.name.removesuffix(".toml"),
        title=table.string("title"),
        arch=Arch(arch),
        isa=isa,
        word_bits=table.positive("word_bits"),
        flags=table.strings("flags"),
        gcc_flags=table.strings("gcc_flags"),
        emulator_model=table.optional_string("emulator_model"),
        cycle_model=table.optional_string("cycle_model"),
        manual=table.string("manual"),
    )
    table.finish()
    return cpu
