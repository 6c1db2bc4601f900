"""``milliwatt compress``: search for a smaller network that stays accurate."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from milliwatt.cli.options import progress
from milliwatt.project.file import read_project
from milliwatt.report.files import write_text_atomically
from milliwatt.report.pareto import Mark, Resource, pareto

if TYPE_CHECKING:
    from milliwatt.project.search import Found, Tried

STORE, PICTURE, RECORD, CHOICE = "study.journal", "pareto.svg", "search.json", "best.toml"


def compress(
    project: Annotated[
        Path,
        typer.Option(
            "--project", "-p", metavar="DIR", help="The folder of milliwatt.toml, or the file."
        ),
    ] = Path(),
    target: Annotated[
        str,
        typer.Option(
            metavar="LIMITS",
            help="What the result must keep to: flash=40KB,ram=16KB,latency=50ms.",
            show_default=False,
        ),
    ] = "",
    max_drop: Annotated[
        float, typer.Option(metavar="POINTS", min=0, help="Points of accuracy that may be lost.")
    ] = 1.0,
    trials: Annotated[
        int, typer.Option(metavar="N", min=1, help="Candidates, those of earlier runs included.")
    ] = 30,
    epochs: Annotated[
        int, typer.Option(metavar="N", min=1, help="Passes of further training for a candidate.")
    ] = 5,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="Seed of the proposals.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for picture and record [default: build/search of the project].",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Search combinations of pruning, quantisation, distillation and width for the best network.

    Every candidate is made, compiled for the project's board, proven and measured there; its
    accuracy is that of the machine's integers on the validation side. The search goes on where an
    earlier one stopped, also after Ctrl-C. Needs: pip install 'milliwatt[compress]'.
    """
    from milliwatt.project.compressing import Workshop, as_toml  # noqa: PLC0415  (needs PyTorch)
    from milliwatt.project.search import Space, search  # noqa: PLC0415
    from milliwatt.project.targets import parse_targets  # noqa: PLC0415

    limits, found_project = parse_targets(target), read_project(project)
    folder = out or found_project.build_folder / "search"
    with progress() as report:
        workshop = Workshop.open(found_project, report)
        found = search(
            workshop,
            space=Space(widths=workshop.widths, epochs=epochs),
            targets=limits,
            reference=workshop.reference().share,
            max_drop=max_drop,
            trials=trials,
            seed=seed,
            store=folder / STORE,
            task=f"{workshop.digest} {found_project.file.project.board} {found_project.file.build}",
            progress=report,
        )
    _write(folder, found)
    console = Console()
    _print(console, found)
    if found.best is not None:
        best = found.best.candidate
        text = as_toml(best, workshop.width_at(best.width))
        write_text_atomically(folder / CHOICE, text)
        console.print("\nin milliwatt.toml:", style="bold")
        console.print(text, markup=False, highlight=False)
    console.print(f"picture: {folder / PICTURE}", highlight=False, soft_wrap=True)


def _print(console: Console, found: "Found") -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("accuracy", "flash", "RAM", "instructions", "latency"):
        table.add_column(name, justify="right")
    table.add_column("how")
    for tried in found.front:
        cost = tried.cost
        assert cost is not None  # noqa: S101  (on the front)
        chosen = found.best is not None and tried.number == found.best.number
        latency = "–" if cost.latency_ms is None else f"{cost.latency_ms:.1f} ms"
        table.add_row(
            f"{100 * (tried.accuracy or 0):.2f} %",
            f"{cost.flash_bytes:,}",
            f"{cost.ram_bytes:,}",
            f"{cost.instructions:,}",
            latency,
            Text(str(tried.candidate) + (" ← chosen" if chosen else ""), overflow="fold"),
            style="bold" if chosen else "" if found.allows(tried) else "dim",
        )
    console.print(
        f"float: {100 * found.reference:.2f} % of the validation side; limits: {found.targets}, "
        f"at most {found.max_drop:g} points lost",
        highlight=False,
        soft_wrap=True,
    )
    console.print(table)
    if found.best is None:
        console.print("no candidate keeps to all of that; the front is what there is", style="red")


def _write(folder: Path, found: "Found") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_row(t, found) for t in found.tried]
    record = {
        "schema": 1,
        "scored_on": "validation",
        "float_accuracy": found.reference,
        "max_drop_points": found.max_drop,
        "targets": {
            "flash_bytes": found.targets.flash_bytes,
            "ram_bytes": found.targets.ram_bytes,
            "latency_ms": found.targets.latency_ms,
        },
        "best": found.best.number if found.best else None,
        "front": [t.number for t in found.front],
        "trials": rows,
    }
    write_text_atomically(folder / RECORD, json.dumps(record, indent=1) + "\n")
    write_text_atomically(folder / PICTURE, _picture(found))


def _row(tried: "Tried", found: "Found") -> dict[str, object]:
    return {
        "number": tried.number,
        "how": str(tried.candidate),
        "accuracy": tried.accuracy,
        "within_limits": found.allows(tried),
        "refused": tried.refused or None,
        **(tried.cost.to_json() if tried.cost else {}),
    }


def _picture(found: "Found") -> str:
    best = found.best.number if found.best else None
    marks = [
        Mark(
            str(t.candidate),
            t.accuracy or 0.0,
            (t.cost.flash_bytes, t.cost.ram_bytes, t.cost.latency_ms),
            name=str(t.candidate) if t.number == best else "",
            best=t.number == best,
        )
        for t in found.tried
        if t.cost is not None
    ]
    limits = found.targets
    resources = (
        Resource("Flash, bytes", limits.flash_bytes),
        Resource("RAM, bytes", limits.ram_bytes),
        Resource("Latency, ms (estimated)", limits.latency_ms),
    )
    about = f"{len(marks)} candidates; accuracy upwards, what they take to the right"
    least = found.reference - found.max_drop / 100
    return pareto("Accuracy against cost", about, resources, marks, least)
