"""``milliwatt compile``: a model to a C library, proven and measured."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import milliwatt
from milliwatt.cli.options import (
    BoardName,
    FromSamples,
    JsonPath,
    MaxFlash,
    MaxRam,
    ModelPath,
    OptimizeFor,
    Push,
    Slide,
    Tune,
    TuneCache,
    Winograd,
    goal,
    progress,
)
from milliwatt.project.certificate import certify
from milliwatt.project.certificate_file import to_json
from milliwatt.report.files import write_text_atomically
from milliwatt.report.html import result_page
from milliwatt.report.terminal import print_result

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="Folder for the C library [default: MODEL-BOARD].",
        show_default=False,
    ),
]
CertificatePath = Annotated[
    Path | None,
    typer.Option(
        "--certificate",
        metavar="F",
        help="Write what was removed from the model, and why that is exact, as JSON.",
        show_default=False,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="F", help="Also write the report as a web page.", show_default=False
    ),
]


def compile_command(
    model: ModelPath,
    board: BoardName,
    out: Out = None,
    optimize: OptimizeFor = None,
    max_ram: MaxRam = None,
    max_flash: MaxFlash = None,
    push: Push = False,  # noqa: FBT002  (typer's way to declare a flag)
    slide: Slide = False,  # noqa: FBT002
    tune: Tune = False,  # noqa: FBT002
    tune_cache: TuneCache = None,
    winograd: Winograd = False,  # noqa: FBT002
    from_samples: FromSamples = False,  # noqa: FBT002
    json_file: JsonPath = None,
    html: Html = None,
    certificate: CertificatePath = None,
) -> None:
    """Compile MODEL to C for a board.

    The C library is written only after the reference, the C on this machine and the machine code
    on the emulated board agree to the bit. Example:

        milliwatt compile kws.tflite --board nrf52840 --out kws
    """
    wanted = goal(
        optimize,
        max_ram,
        max_flash,
        push=push,
        slide=slide,
        tune=tune,
        tune_cache=tune_cache,
        winograd=winograd,
    )
    loaded = milliwatt.load(model, from_samples=from_samples)
    folder = out or Path(f"{model.stem}-{board}")
    with progress() as report:
        result = milliwatt.compile(loaded, board, goal=wanted, out=folder, progress=report)
    if json_file:
        write_text_atomically(json_file, json.dumps(result.to_json(), indent=2) + "\n")
    if certificate and loaded.original:
        write_text_atomically(certificate, to_json(certify(loaded.original)))
    if html:
        write_text_atomically(html, result_page(result))
    console = Console()
    print_result(console, result)
    console.print(f"C library: {folder}", highlight=False, soft_wrap=True)
