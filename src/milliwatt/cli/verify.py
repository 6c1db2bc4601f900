"""``milliwatt verify``: prove that all implementations of a model agree."""

import json
from enum import Enum
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
    Samples,
    Seed,
    Slide,
    Tune,
    TuneCache,
    Winograd,
    goal,
    progress,
)
from milliwatt.project.certificate_file import from_json
from milliwatt.report.files import read_text, write_text_atomically


class Oracle(Enum):
    """What else to compare with."""

    TFLM = "tflm"


CertificatePath = Annotated[
    Path | None,
    typer.Option(
        "--certificate",
        metavar="F",
        help="Check the claims of this file, written by compile --certificate.",
        show_default=False,
    ),
]
Against = Annotated[
    Oracle | None,
    typer.Option(
        metavar="tflm",
        help="Also compare every operator with TensorFlow Lite Micro "
        "(pip install 'milliwatt[tflm]').",
        show_default=False,
    ),
]


def verify(
    model: ModelPath,
    board: BoardName,
    samples: Samples = 100,
    seed: Seed = 0,
    against: Against = None,
    optimize: OptimizeFor = None,
    max_ram: MaxRam = None,
    max_flash: MaxFlash = None,
    push: Push = False,  # noqa: FBT002  (typer's way to declare a flag)
    slide: Slide = False,  # noqa: FBT002
    tune: Tune = False,  # noqa: FBT002
    tune_cache: TuneCache = None,
    winograd: Winograd = False,  # noqa: FBT002
    from_samples: FromSamples = False,  # noqa: FBT002
    certificate: CertificatePath = None,
    json_file: JsonPath = None,
) -> None:
    """Prove MODEL on a board: reference = host C = target C, bit by bit, layer by layer.

    Exit status 1 and the first layer that differs, with values, if they do not agree. Example:

        milliwatt verify kws.tflite --board rp2040 --samples 100 --against tflm
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
    with progress() as report:
        result = milliwatt.verify(
            loaded,
            board,
            goal=wanted,
            samples=samples,
            seed=seed,
            against_tflm=against is not None,
            certificate=from_json(read_text(certificate)) if certificate else None,
            progress=report,
        )
    if json_file:
        write_text_atomically(json_file, json.dumps(result.to_json(), indent=2) + "\n")
    exact = result.bit_exact
    agreed = ["reference", "host C"]
    agreed += [f"machine code on {result.board}"] if exact.target else []
    agreed += ["TensorFlow Lite Micro, every operator"] if exact.tflm else []
    Console().print(
        f"{result.model}: {len(result.layers)} layers bit-exact on {exact.samples} inputs "
        f"(seed {seed}): {' = '.join(agreed)}",
        highlight=False,
        soft_wrap=True,
    )
    if result.slide:
        Console().print(str(result.slide), highlight=False, soft_wrap=True)
    if exact.target is None:
        Console(stderr=True).print(f"{result.board} has no emulator here, so no target was run")
