"""The demo: smart-watch recordings to a proven model on an emulated chip, and a report of it.

It is the project that ``milliwatt init --template motion`` makes, made in a folder of its own.
"""

from pathlib import Path

from milliwatt.project.file import FILE, read_project
from milliwatt.project.make import make, published
from milliwatt.project.prove import Progress, silent
from milliwatt.project.stages.report import load_study
from milliwatt.project.templates import text
from milliwatt.report.files import write_text_atomically
from milliwatt.report.result import Study
from milliwatt.targets import load_board

NAME = TEMPLATE = "motion"
BOARD = 'board = "nrf52840"'


def demo(board: str, folder: Path, progress: Progress = silent) -> tuple[Study, dict[str, Path]]:
    """Make the demo's project in ``folder``; return what came out, and where what is.

    Raises:
        NotAvailable: PyTorch, torchao or aeon is not installed; says what to type.
        InputError: there is no such board, or the folder cannot be written to.
        Divergence: the emulated chip computed something else than the reference.
    """
    own = f'board = "{load_board(board).name}"'
    folder.mkdir(parents=True, exist_ok=True)
    write_text_atomically(folder / FILE, text(TEMPLATE, NAME).replace(BOARD, own))
    project = read_project(folder)
    ran = make(project, progress=progress)
    return load_study(ran["report"].artefact.folder), published(project, ran)
