"""``milliwatt make`` and ``milliwatt status``: the stages of a project."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from milliwatt.cli.options import progress
from milliwatt.project.file import read_project
from milliwatt.project.make import Ran, published
from milliwatt.project.make import make as make_project
from milliwatt.project.make import status as standing_of
from milliwatt.project.stages import STAGES
from milliwatt.project.stages.report import load_study
from milliwatt.report.terminal import print_study

LAST = STAGES[-1].name
Folder = Annotated[
    Path,
    typer.Option(
        "--project", "-p", metavar="DIR", help="The folder of milliwatt.toml, or the file."
    ),
]


def make(
    stage: Annotated[
        str,
        typer.Argument(metavar="STAGE", help=f"Up to which: {', '.join(s.name for s in STAGES)}."),
    ] = LAST,
    project: Folder = Path(),
    force: Annotated[  # noqa: FBT002  (typer's way to declare a flag)
        bool, typer.Option("--force", help="Run STAGE even if nothing changed.")
    ] = False,
) -> None:
    """Make the project in this folder: run every stage that changed, up to STAGE.

    Each stage keeps what it made in build/, under a hash of its settings, its data and the code, so
    only what changed runs again. Ctrl-C leaves nothing half-made; training goes on where it was.
    """
    console = Console()
    found = read_project(project)
    table = _Lines(console)
    with progress() as report:
        ran = make_project(found, stage, force=force, progress=report, told=table.add)
    if stage != LAST:
        folder = ran[stage].artefact.folder
        console.print(f"made: {folder}", highlight=False, soft_wrap=True)
        return
    print_study(console, load_study(ran[LAST].artefact.folder))
    for what, path in published(found, ran).items():
        console.print(f"{what}: {path}", highlight=False, soft_wrap=True)


def status(project: Folder = Path()) -> None:
    """Say which stages of the project are up to date, and what changed since they ran."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("stage")
    table.add_column("state")
    table.add_column("took", justify="right")
    table.add_column("why")
    for s in standing_of(read_project(project)):
        state = Text("current", "green") if s.current else Text("to run", "yellow")
        took = "" if s.seconds is None else f"{s.seconds:.1f} s"
        table.add_row(s.stage.name, state, took, Text(s.why, overflow="fold"))
    Console().print(table)


class _Lines:
    """A line for each stage as it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = max(len(s.name) for s in STAGES)

    def add(self, ran: Ran) -> None:
        state = "cached" if ran.cached else f"{ran.seconds:.1f} s"
        line = Text(f"{ran.stage.name:{self._width}}  ", style="bold")
        line.append(f"{state:>8}  ", style="green" if ran.cached else "")
        line.append(ran.stage.does, style="dim")
        self._console.print(line)
