"""``milliwatt demo``: the whole story on real recordings."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from milliwatt.cli.options import progress
from milliwatt.emit import write_library
from milliwatt.project.compile import manifest_of
from milliwatt.project.demo import demo as run_demo
from milliwatt.report.files import write_text_atomically
from milliwatt.report.html import study_page
from milliwatt.report.terminal import print_study

Board = Annotated[
    str, typer.Option("--board", "-b", metavar="B", help="A board from `milliwatt boards`.")
]
Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for report and C library.")
]


def demo(board: Board = "nrf52840", out: Out = Path("build/demo")) -> None:
    """Train on smart-watch recordings, compile, and run every test recording on an emulated chip.

    Needs PyTorch and aeon: pip install 'milliwatt[demo]'. Writes a web page, the report as JSON and
    the C library to the folder.
    """
    with progress() as report:
        study, compiled = run_demo(board, report)
    out.mkdir(parents=True, exist_ok=True)
    write_library(compiled.library, out / "library", manifest_of(study.result))
    write_text_atomically(out / "report.json", json.dumps(study.result.to_json(), indent=2) + "\n")
    page = out / "report.html"
    write_text_atomically(page, study_page(study))
    console = Console()
    print_study(console, study)
    console.print(f"report:    {page.resolve()}", highlight=False, soft_wrap=True)
    console.print(f"C library: {(out / 'library').resolve()}", highlight=False, soft_wrap=True)
