"""Small C programs, compiled and linked for a board, for the tests of this room."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from milliwatt.run.elf import ElfImage, read_elf
from milliwatt.run.toolchain import compile_objects, link_elf
from milliwatt.targets import Board

Build = Callable[..., ElfImage]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return ``build(board, text, roots, optimize)``, which gives a linked image."""

    def link(board: Board, text: str, roots: Sequence[str], optimize: str = "-O2") -> ElfImage:
        folder: Path = tmp_path_factory.mktemp("program")
        source = folder / "program.c"
        source.write_text(text)
        objects = compile_objects([source], board.cpu, [], folder, optimize)
        return read_elf(link_elf(objects, board, folder / "program.elf", roots))

    return link
