"""Write the lists in ``docs/`` from the tables in the code.

``python tools/docs.py`` writes them; with ``--check`` it only says which are out of date, and
ends with status 1 if any is.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import cleandoc, getdoc, getmodule
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from milliwatt.cli import app
from milliwatt.importers.tflite import RULES
from milliwatt.ir import Special
from milliwatt.kernels import KERNELS, Kernel, Variant
from milliwatt.ops import OPS
from milliwatt.targets import BOARDS, Board, Isa, Support, load_board

Parameter = TyperArgument | TyperOption
DOCS = Path(__file__).parent.parent / "docs"
ORIGIN = "<!-- Written by `make docs` from the tables in the code. Change those, not this file. -->"


def main(arguments: Sequence[str]) -> int:
    """Write or check every page; return the exit status."""
    if not set(arguments) <= {"--check"}:
        print(cleandoc(__doc__ or ""), file=sys.stderr)
        return 2
    stale = [name for name, page in PAGES.items() if _read(DOCS / name) != page()]
    if "--check" in arguments:
        for name in stale:
            print(f"docs/{name} is out of date; run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"wrote docs/{name}")
    return 0


def operators() -> str:
    """Return the page of core operators, their kernels and the foreign operators understood."""
    rows = []
    for op in OPS:
        module = getmodule(op)
        assert module is not None  # noqa: S101  (a class in a table was imported from a file)
        meaning = (getdoc(module) or "").partition("\n")[0]
        kernels = [_kernel(k, v) for k in KERNELS if k.op is op for v in k.variants]
        # One C function may serve several element types of one size.
        shown = "<br>".join(dict.fromkeys(kernels)) or f"none: {Special.VIEW.value}"
        rows.append((f"`{op.name}`", meaning, shown))
    return _page(
        "Operators",
        "Importers lower every model to these operators. Each is defined by its `evaluate` in "
        "`src/milliwatt/ops`, and every kernel equals it to the bit.",
        _table(("operator", "meaning", "kernels"), rows),
        "## TensorFlow Lite operators understood",
        ", ".join(f"`{name}`" for name in sorted(RULES)),
        "Whatever is not in the list is refused when the file is loaded, by the name of the layer.",
    )


def boards() -> str:
    """Return the page of boards."""
    found = [load_board(name) for name in BOARDS]
    rows = [
        (
            f"`{b.name}`",
            b.title,
            b.cpu.title,
            _kib(b.flash_bytes),
            _kib(b.ram_bytes),
            _mhz(b),
            _current(b),
            b.support.value,
        )
        for b in found
    ]
    return _page(
        "Boards",
        "RAM is the largest contiguous region; the clock is the highest of the core. The last "
        "column says how far a model can be taken without the board: "
        + ", ".join(f"*{s.value}*" for s in Support)
        + ".",
        _table(("board", "chip", "core", "flash", "RAM", "clock", "current", "here"), rows),
        "## Where the figures come from",
        "\n".join(f"- `{b.name}`: {_sources(b)}" for b in found),
    )


def commands() -> str:
    """Return the page of commands with their arguments and options."""
    parts = []
    for name, command in _every_command(typer.main.get_group(app)):
        given = [p for p in command.params if isinstance(p, TyperArgument | TyperOption)]
        usage = " ".join(["milliwatt", name, *map(_usage, given)])
        parts += [f"## milliwatt {name}", f"```\n{usage}\n```", _prose(command.help or "")]
        if given:
            rows = [(_spelling(p), _default(p), p.help or "") for p in given]
            parts.append(_table(("argument", "default", "meaning"), rows))
    return _page(
        "Commands",
        "`mw` is short for `milliwatt`. A refusal is one message on stderr and exit status 1; "
        "`milliwatt --version` prints the version.",
        *parts,
    )


def _every_command(group: TyperGroup, prefix: str = "") -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _every_command(command, f"{prefix}{name} ")
        elif isinstance(command, TyperCommand):
            yield prefix + name, command


PAGES: dict[str, Callable[[], str]] = {
    "boards.md": boards,
    "commands.md": commands,
    "operators.md": operators,
}
"""Every generated page by file name, sorted."""


def _kernel(kernel: Kernel, variant: Variant) -> str:
    features = [f.name.lower() for f in variant.needs if f is not Isa.SCALAR and f.name]
    needs = f" (needs {', '.join(features)})" if features else ""
    return f"`{kernel.symbol(variant)}`{needs}"


def _kib(size: int | None) -> str:
    return "–" if size is None else f"{size / 1024:.0f} KiB"


def _mhz(board: Board) -> str:
    return "–" if board.clock_hz is None else f"{board.clock_hz / 1e6:.0f} MHz"


def _current(board: Board) -> str:
    c = board.current
    return "–" if c is None else f"{c.microamps_per_mhz:.4g} µA/MHz at {c.volts:.2g} V"


def _sources(board: Board) -> str:
    return board.data_sheet + (f". Current: {board.current.source}" if board.current else "")


def _spelling(parameter: Parameter) -> str:
    value = parameter.metavar or ""
    names = [] if isinstance(parameter, TyperArgument) else parameter.opts
    spelt = ", ".join(f"`{name}`" for name in names)
    return f"{spelt} `{value}`".strip() if value else spelt


def _usage(parameter: Parameter) -> str:
    value = parameter.metavar or ""
    if isinstance(parameter, TyperArgument):
        return value
    text = f"{parameter.opts[0]} {value}".strip()
    return text if parameter.required else f"[{text}]"


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    return "" if parameter.default is None else f"`{parameter.default}`"


def _prose(text: str) -> str:
    """Return help as Markdown: indented lines are examples."""
    lines = [
        f"```\n{line.strip()}\n```" if line.startswith("    ") else line
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in lines
    )


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([ORIGIN, f"# {title}", *parts]) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
