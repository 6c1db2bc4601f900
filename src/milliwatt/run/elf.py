"""What a linked program consists of: bytes to load, symbols with sizes, code and data ranges."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from milliwatt.errors import BadFile

_EXECUTABLE = 1  # PF_X


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes that belong at ``address``."""

    address: int
    data: bytes
    executable: bool


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function or a constant: ``size`` bytes from ``address`` (never odd for a function)."""

    name: str
    address: int
    size: int
    section: str


@dataclass(frozen=True, eq=False)  # compared and hashed as an object: results are kept per image
class ElfImage:
    """A linked program.

    Attributes:
        segments: what to load, by address.
        functions: by address; several names may share one address.
        constants: named data, by address.
        section_bytes: size of each section that takes up memory.
        marks: ``(address, is_code)`` from the assembler's mapping symbols, by address: from
            here to the next mark lies code, or data such as a literal pool.
    """

    segments: tuple[Segment, ...]
    functions: tuple[Symbol, ...]
    constants: tuple[Symbol, ...]
    section_bytes: Mapping[str, int]
    marks: tuple[tuple[int, bool], ...]

    @cached_property
    def symbols(self) -> Mapping[str, Symbol]:
        """Every function and constant by name."""
        return MappingProxyType({s.name: s for s in (*self.constants, *self.functions)})

    @cached_property
    def _starts(self) -> list[int]:
        return [symbol.address for symbol in self.functions]

    def symbol(self, name: str) -> Symbol:
        """Return the function or constant called ``name``.

        Raises:
            BadFile: there is none.
        """
        try:
            return self.symbols[name]
        except KeyError:
            names = ", ".join(s.name for s in self.functions[:20])
            raise BadFile(f"the image has no symbol '{name}'; its functions are: {names}") from None

    def function_at(self, address: int) -> str:
        """Return the name of the function around ``address``.

        Between functions it is ``name+0xoffset`` of the nearest one below, and outside the
        code ``no function``.
        """
        at = bisect.bisect_right(self._starts, address & ~1) - 1
        if at < 0 or not any(s.executable and s.address <= address < s.address + len(s.data)
                             for s in self.segments):  # fmt: skip
            return "no function"
        symbol = self.functions[at]
        offset = (address & ~1) - symbol.address
        return symbol.name if offset < symbol.size else f"{symbol.name}+{offset:#x}"

    def code_bytes(self) -> int:
        """Return the bytes of code sections, including alignment and literal pools."""
        return sum(n for name, n in self.section_bytes.items() if name.startswith(".text"))

    def constant_bytes(self) -> int:
        """Return the bytes of read-only data; `constants` has the size of each."""
        return sum(n for name, n in self.section_bytes.items() if name.startswith(".rodata"))


def read_elf(path: Path) -> ElfImage:
    """Read a linked ELF file.

    Raises:
        BadFile: it is not one, or it has no symbols.
    """
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            segments = tuple(
                Segment(s["p_vaddr"], s.data(), bool(s["p_flags"] & _EXECUTABLE))
                for s in elf.iter_segments("PT_LOAD")
                if s["p_filesz"]
            )
            sizes = {
                s.name: s["sh_size"]
                for s in elf.iter_sections()
                if s["sh_flags"] & 2 and s["sh_size"]  # SHF_ALLOC
            }
            table = elf.get_section_by_name(".symtab")
            if not isinstance(table, SymbolTableSection):
                raise BadFile(f"{path}: no symbol table; link with -g")
            functions, constants, marks = _symbols(elf, table)
    except ELFError as error:
        raise BadFile(f"{path}: not an ELF file: {error}") from error
    return ElfImage(segments, functions, constants, MappingProxyType(sizes), marks)


def _symbols(
    elf: ELFFile, table: SymbolTableSection
) -> tuple[tuple[Symbol, ...], tuple[Symbol, ...], tuple[tuple[int, bool], ...]]:
    functions: list[Symbol] = []
    constants: list[Symbol] = []
    marks: dict[int, bool] = {}
    names = [section.name for section in elf.iter_sections()]
    thumb = elf["e_machine"] == "EM_ARM"
    for entry in table.iter_symbols():
        index, kind = entry["st_shndx"], entry["st_info"]["type"]
        if not isinstance(index, int) or not elf.get_section(index)["sh_flags"] & 2:
            continue
        name, address = entry.name, entry["st_value"]
        if kind == "STT_FUNC":
            # Bit 0 of a Thumb function says "Thumb", not where it is.
            address -= address & 1 if thumb else 0
            functions.append(Symbol(name, address, entry["st_size"], names[index]))
        elif kind == "STT_OBJECT":
            constants.append(Symbol(name, address, entry["st_size"], names[index]))
        elif name.startswith(("$t", "$x", "$d")):
            # Where code and data begin at one address, the code is what is left: the data
            # was empty or discarded.
            marks[address] = name[1] != "d" or marks.get(address, False)

    def order(symbol: Symbol) -> tuple[int, bool, str]:
        # Of several names for one address the last is shown: prefer one without a dot, which
        # is what a C program calls it.
        return symbol.address, "." not in symbol.name, symbol.name

    return (
        tuple(sorted(functions, key=order)),
        tuple(sorted(constants, key=order)),
        tuple(sorted(marks.items())),
    )
