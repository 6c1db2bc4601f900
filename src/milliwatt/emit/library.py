"""A folder with everything that a firmware project needs of a model, and nothing else."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import milliwatt.kernels
from milliwatt.emit.model import ModelSource, write_model
from milliwatt.emit.names import c_identifier
from milliwatt.emit.sample import cmake_lists, sample_main
from milliwatt.errors import InputError
from milliwatt.plan import Plan
from milliwatt.targets import Board

MANIFEST = "manifest.json"
DEFAULT_FLAGS = "-O2"
GLUE_FLAGS = "-Os"
_ROOM = Path(milliwatt.kernels.__file__).parent
_SHARED = ("rows.c", "rows.h")


@dataclass(frozen=True, slots=True)
class Library:
    """The C files of a model, by file name, what they define, and how they want to be compiled.

    Attributes:
        model: the generated C and its names.
        files: text by file name.
        flags: optimisation of the kernels that the figures hold for, such as ``-O2``; the glue is
            always compiled with `GLUE_FLAGS`.
    """

    model: ModelSource
    files: Mapping[str, str]
    flags: str

    @property
    def glue(self) -> tuple[str, ...]:
        """The sources that call kernels: little of the time, much of the code, so made small."""
        return (f"{self.model.prefix}.c", "rows.c")

    @property
    def sources(self) -> tuple[str, ...]:
        """The files to compile: the model and its kernels, not the sample program."""
        return tuple(f for f in self.files if f.endswith(".c") and f != "main.c")


def make_library(
    plan: Plan, board: Board, name: str, title: str, flags: str = DEFAULT_FLAGS
) -> Library:
    """Return the C library of ``plan``: model, kernels used, sample program, CMake file.

    The same plan and names give the same bytes.

    Raises:
        InputError: no C identifier can be made from ``name``.
    """
    model = write_model(plan, c_identifier(name), title)
    files = {f"mw_{model.name}.h": model.header, f"mw_{model.name}.c": model.source + "\n"}
    headers = [*_ROOM.glob("*.h")]
    for call in plan.calls:
        source = call.kernel.source(call.variant)
        files[f"{call.kernel.stem}_{source.name}"] = source.read_text(encoding="utf-8")
        headers += call.kernel.folder.glob("*.h")
    for shared in _SHARED:
        files[shared] = (_ROOM / shared).read_text(encoding="utf-8")
    files |= _included(files, {h.name: h.read_text(encoding="utf-8") for h in headers})
    files["main.c"] = sample_main(plan, model.name)
    sources = sorted(f for f in files if f.endswith(".c"))
    files["CMakeLists.txt"] = cmake_lists(model.name, sources, board, flags)
    return Library(model, dict(sorted(files.items())), flags)


def write_library(library: Library, out: Path, manifest: Mapping[str, object]) -> None:
    """Write the library into ``out``, all of it or nothing.

    ``out`` is new, empty, or holds an earlier library, which is replaced. ``manifest.json`` lists
    what was written, so that a later call knows its own files.

    Raises:
        InputError: ``out`` is a file, or holds files that this function did not write.
    """
    _refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".milliwatt-", dir=out.parent) as temporary:
        fresh, old = Path(temporary) / "new", Path(temporary) / "old"
        fresh.mkdir()
        for name, text in library.files.items():
            (fresh / name).write_text(text, encoding="utf-8")
        listing = {**manifest, "files": sorted([*library.files, MANIFEST])}
        (fresh / MANIFEST).write_text(json.dumps(listing, indent=2) + "\n", encoding="utf-8")
        if out.exists():
            out.replace(old)
        try:
            fresh.replace(out)
        except OSError:
            if old.exists():
                shutil.move(old, out)
            raise


def _refuse_foreign(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file; wanted a folder for the C library")
    present = {p.name for p in out.iterdir()}
    if not present:
        return
    try:
        ours = set(json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        ours = set()
    foreign = sorted(present - ours)
    if foreign:
        raise InputError(
            f"{out} holds {', '.join(foreign[:3])}{' and more' if len(foreign) > 3 else ''}, "
            "which milliwatt did not write; choose a new or empty folder"
        )


def _included(files: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """Return those of ``headers`` that the files include, directly or through each other."""
    wanted: dict[str, str] = {}
    waiting = list(files.values())
    while waiting:
        text = waiting.pop()
        for name, content in headers.items():
            if name not in wanted and f'#include "{name}"' in text:
                wanted[name] = content
                waiting.append(content)
    return wanted
