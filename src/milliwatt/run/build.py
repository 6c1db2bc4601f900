"""A model's C library to something that runs: a board's program or a library for this machine."""

import tempfile
from pathlib import Path

from milliwatt.emit.library import GLUE_FLAGS, Library
from milliwatt.run.elf import ElfImage, read_elf
from milliwatt.run.isa_check import check_isa
from milliwatt.run.toolchain import WARNINGS, build_shared, compile_objects, link_elf
from milliwatt.targets import Board


def build_board(library: Library, board: Board, folder: Path) -> ElfImage:
    """Compile and link ``library`` for ``board`` into ``folder`` and return the program.

    Raises:
        BuildFailed: the compiler or linker refused, or an instruction is not one of the core's.
        DoesNotFit: code and weights exceed the flash.
    """
    prefix = library.model.prefix
    roots = tuple(f"{prefix}_{call}" for call in library.model.calls)
    with tempfile.TemporaryDirectory(prefix="milliwatt-c-") as sources:
        paths = _write_sources(library, Path(sources))
        extra = ("-g", *WARNINGS)
        objects = []
        for flags, chosen in (
            (GLUE_FLAGS, [p for p in paths if p.name in library.glue]),
            (library.flags, [p for p in paths if p.name not in library.glue]),
        ):
            out = folder / f"objects{flags}"
            objects += compile_objects(chosen, board.cpu, [Path(sources)], out, flags, extra)
    image = read_elf(link_elf(objects, board, folder / f"{prefix}.elf", roots))
    check_isa(image, board.cpu)
    return image


def build_host(library: Library, folder: Path) -> Path:
    """Build ``library`` for this machine and return the shared library.

    Raises:
        BuildFailed: the compiler refused; carries its text.
    """
    with tempfile.TemporaryDirectory(prefix="milliwatt-c-") as sources:
        paths = _write_sources(library, Path(sources))
        out = folder / f"lib{library.model.prefix}.so"
        return build_shared(paths, out, [Path(sources)], library.flags, WARNINGS)


def _write_sources(library: Library, folder: Path) -> list[Path]:
    for name, text in library.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in library.sources]
