"""Make every application in this folder and write what they reach to ``RESULTS.md``.

``python examples/results.py`` needs the recordings in each application's ``data`` folder;
``--from speech_commands=PATH`` takes them from a copy at hand. Pictures of the reports are put
beside the READMEs.
"""

import argparse
import io
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

import milliwatt
from milliwatt.data.catalog import CATALOG
from milliwatt.data.catalog.get import get_dataset
from milliwatt.project.file import Project, read_project
from milliwatt.project.make import make
from milliwatt.project.prove import Progress
from milliwatt.project.stages.report import load_study
from milliwatt.report import facts, units
from milliwatt.report.files import write_text_atomically
from milliwatt.report.result import Study
from milliwatt.report.terminal import print_study

HERE = Path(__file__).parent
APPLICATIONS = ("voice_commands", "fall_detection")
PICTURE, WIDTH = "report.svg", 100
VERDICTS = {True: "yes", False: "**no**", None: "not known"}


def main() -> None:
    """Make, measure and write down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--from", dest="copies", action="append", default=[], metavar="NAME=PATH")
    copies = dict(c.split("=", 1) for c in options.parse_args().copies)
    studies = {name: study_of(HERE / name, copies) for name in APPLICATIONS}
    write_text_atomically(HERE / "RESULTS.md", page(studies))
    for name, study in studies.items():
        picture(study, HERE / name / PICTURE)


def study_of(folder: Path, copies: dict[str, str]) -> Study:
    """Get the recordings if they are not there, make the project, return what came out."""
    project = read_project(folder)
    fetch(project, copies)
    ran = make(project, progress=shown(project.name))
    return load_study(ran["report"].artefact.folder)


def fetch(project: Project, copies: dict[str, str]) -> None:
    """Get a set of the catalogue that the project names and that is not there yet."""
    path = project.root / project.file.data.source
    if path.exists():
        return
    copy = copies.get(path.name)
    get_dataset(
        CATALOG[path.name],
        path.parent,
        source=Path(copy) if copy else None,
        progress=shown(project.name),
    )


def shown(name: str) -> Progress:
    """Return what prints a line whenever another kind of work begins."""
    told: list[str] = []

    def tell(what: str, done: int, total: int) -> None:
        del done, total
        if what not in told:
            told.append(what)
            print(f"{name}: {what}", file=sys.stderr, flush=True)

    return tell


def page(studies: dict[str, Study]) -> str:
    """Return the page of all applications."""
    compiler = next(iter(studies.values())).result.compiler_version
    head = (
        "# What the applications reach\n\nWritten by `python examples/results.py` with milliwatt "
        f"{milliwatt.__version__}, {compiler}, on {platform.machine()}. Every figure comes from "
        "that run. *On the device* is the machine code on an emulated board; instructions are "
        "counted, cycles, latency and energy are estimated from the core's manual and the data "
        "sheet's current.\n"
    )
    parts = [head]
    for name, study in studies.items():
        parts.append(f"## {name.replace('_', ' ').capitalize()}\n\n{study.task}\n")
        parts += [goals(study), scores(study), costs(study)]
    return "\n".join(parts)


def goals(study: Study) -> str:
    """Return what was asked for beside what was measured."""
    rows = [(g.name, g.wanted, g.measured, VERDICTS[g.met]) for g in study.goals]
    return table(("asked for", "wanted", "measured", "met"), rows)


def scores(study: Study) -> str:
    """Return every score in float, in int8 and on the device."""
    rows = [
        (metric.name, score.label, score.value, score.interval)
        for metric in (study.accuracy, *study.metrics)
        for score in facts.scores(metric)
    ]
    return table(("score", "", "right", "interval"), rows)


def costs(study: Study) -> str:
    """Return memory, work, energy, and what was heard in a stream."""
    found = [*facts.headlines(study.result)]
    if study.heard is not None:
        found += facts.heard(study.heard)
    if study.duty is not None:
        found.append(facts.average_power(study.duty))
    if study.result.energy is not None:
        source = study.result.energy.source
        found.append(facts.Fact("Current", units.NOTHING, f"data sheet, {source}"))
    return table(("figure", "", ""), [(f.label, f.value, f.note) for f in found])


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    return "\n".join(_lines(head, rows)) + "\n"


def _lines(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(0x2223)) for cell in row)} |"


def picture(study: Study, path: Path) -> None:
    """Draw the report as a terminal shows it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    print_study(console, study)
    svg = console.export_svg(title="milliwatt make", unique_id=path.parent.name)
    # without the fonts, which it would load from elsewhere
    write_text_atomically(path, re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    main()
