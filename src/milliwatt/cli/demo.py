"""``milliwatt demo``: the whole story on real recordings."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from milliwatt.cli.options import progress
from milliwatt.project.demo import demo as run_demo
from milliwatt.report.terminal import print_study

Board = Annotated[
    str, typer.Option("--board", "-b", metavar="B", help="A board from `milliwatt boards`.")
]
Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the demo's project.")
]


def demo(board: Board = "nrf52840", out: Out = Path("build/demo")) -> None:
    """Train on smart-watch recordings, compile, and run every test recording on an emulated chip.

    Needs PyTorch and aeon: pip install 'milliwatt[demo]'. The folder becomes a project like those
    of `milliwatt init`, with a web page, the report as JSON and the C library in its build folder.
    """
    with progress() as report:
        study, written = run_demo(board, out, report)
    console = Console()
    print_study(console, study)
    for what, path in written.items():
        console.print(f"{what + ':':10} {path}", highlight=False, soft_wrap=True)
