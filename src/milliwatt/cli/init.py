"""``milliwatt init``: a new project, ready to run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from milliwatt.project.templates import DEFAULT, TEMPLATES
from milliwatt.project.templates import write as write_project


def init(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Of the new folder, and of the model in C."),
    ],
    template: Annotated[
        str,
        typer.Option(
            "--template", "-t", metavar="T", help=f"What to begin with: {', '.join(TEMPLATES)}."
        ),
    ] = DEFAULT,
) -> None:
    """Make a folder NAME with milliwatt.toml and a README, to be made with `milliwatt make`."""
    folder = write_project(Path(name), template)
    console = Console()
    console.print(f"{folder}: {TEMPLATES[template]}", highlight=False, soft_wrap=True)
    console.print(f"next: cd {folder}, then see README.md", highlight=False, soft_wrap=True)
