"""Arguments and options that several commands share, and the progress they show."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from milliwatt.errors import InputError
from milliwatt.project.optimize import Budget, Goal, Optimize
from milliwatt.project.prove import Progress as Report

ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL", help="An int8 .tflite or .pt2 file.", show_default=False)
]
BoardName = Annotated[
    str,
    typer.Option(
        "--board", "-b", metavar="B", help="A board from `milliwatt boards`.", show_default=False
    ),
]
JsonPath = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="F", help="Also write the report as JSON, schema 1.", show_default=False
    ),
]
Samples = Annotated[
    int, typer.Option(metavar="N", min=1, help="Inputs to compare on: edges, then seeded noise.")
]
Seed = Annotated[int, typer.Option(metavar="S", min=0, help="Seed of the noise.")]

FromSamples = Annotated[
    bool,
    typer.Option(
        "--from-samples",
        help="The model takes features of TensorFlow's micro front end, as microWakeWord models "
        "do: compile that too, so that the input is sound, hops of 160 samples at 16 kHz.",
    ),
]

OptimizeFor = Annotated[
    Optimize | None,
    typer.Option(
        "--optimize",
        metavar="ram|speed|size",
        help="Least RAM, fewest instructions or least flash [default: ram where it costs under 3 % "
        "more instructions than speed, else the better product of both].",
        show_default=False,
    ),
]
MaxRam = Annotated[
    int | None,
    typer.Option(
        metavar="BYTES",
        min=1,
        help="The fastest plan within this much RAM, stack included.",
        show_default=False,
    ),
]
MaxFlash = Annotated[
    int | None,
    typer.Option(
        metavar="BYTES", min=1, help="The fastest plan within this much flash.", show_default=False
    ),
]
Push = Annotated[
    bool,
    typer.Option(
        "--push", help="Rows of the input (camera lines, audio frames) are pushed one by one."
    ),
]
Slide = Annotated[
    bool,
    typer.Option(
        "--slide",
        help="With --push: take rows as a signal without end, of which every new row (or every "
        "few) gives a result. Layers that pad along rows do so before its first row alone, so "
        "results are not those of single windows; how far they are from them is measured.",
    ),
]

Tune = Annotated[
    bool,
    typer.Option(
        "--tune",
        help="Measure every kernel that could compute a layer and take the fastest; what was "
        "measured is kept, so the next compile is instant.",
    ),
]
TuneCache = Annotated[
    Path | None,
    typer.Option(
        "--tune-cache",
        metavar="F",
        help="Keep what --tune measures in this file, for instance beside the sources "
        "[default: tuning.json in the user's cache].",
        show_default=False,
    ),
]


Winograd = Annotated[
    bool,
    typer.Option(
        "--winograd",
        help="Convolve 3x3 by exact Winograd where that is faster: the same bits, for 3.6 times "
        "the flash of those layers.",
    ),
]


def goal(
    optimize: Optimize | None,
    max_ram: int | None,
    max_flash: int | None,
    *,
    push: bool,
    slide: bool = False,
    tune: bool = False,
    tune_cache: Path | None = None,
    winograd: bool = False,
) -> Goal:
    """Return what the options ask for together.

    Raises:
        InputError: options that exclude each other.
    """
    budget = Budget(max_ram, max_flash)
    if push and (budget or optimize is not None):
        raise InputError("--push decides the plan; leave --optimize, --max-ram and --max-flash out")
    if slide and not push:
        raise InputError("--slide says what pushed rows mean; add --push")
    if budget and optimize is not None:
        raise InputError(
            "--max-ram and --max-flash ask for the fastest plan within; leave --optimize out"
        )
    if tune_cache is not None and not tune:
        raise InputError(f"--tune-cache {tune_cache} keeps what --tune measures; add --tune")
    if winograd and (push or optimize is Optimize.SIZE):
        raise InputError(
            "--winograd takes rows in pairs and more flash; leave --push and --optimize size out"
        )
    return Goal(optimize, budget, push, tune, tune_cache, winograd, slide)


@contextmanager
def progress() -> Iterator[Report]:
    """Show a bar for each stage of the work, on stderr, where that is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report
