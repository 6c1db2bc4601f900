"""``milliwatt run``: a model on a file of inputs, on the emulated board."""

import json
from io import BytesIO
from pathlib import Path
from typing import Annotated

import numpy as np
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
from milliwatt.errors import InputError
from milliwatt.ir import Array
from milliwatt.project.infer import execute, prepare
from milliwatt.report.files import write_bytes_atomically, write_text_atomically

InputPath = Annotated[
    Path,
    typer.Option(
        "--input", "-i", metavar="IN.npy", help="N inputs, [N, *input shape].", show_default=False
    ),
]
OutputPath = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="OUT.npy", help="Where the N outputs go.", show_default=False
    ),
]


def run(
    model: ModelPath,
    board: BoardName,
    input_file: InputPath,
    output_file: OutputPath,
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
) -> None:
    """Run MODEL on every input of a .npy file, on an emulated board.

    Inputs are the model's own integers, or floats, which are quantised. Outputs come in the model's
    output type. State is kept from input to input; with --slide all inputs are one signal, and the
    outputs are its results. Example:

        milliwatt run kws.tflite --board nrf52840 --input in.npy --output out.npy
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
    inputs = prepare(loaded.graph, _read(input_file))
    with progress() as report:
        outputs, result = execute(loaded, board, inputs, goal=wanted, progress=report)
    write_bytes_atomically(output_file, _npy(outputs))
    if json_file:
        write_text_atomically(json_file, json.dumps(result.to_json(), indent=2) + "\n")
    where = "this machine" if result.instructions is None else f"{result.board} (emulated)"
    cost = "" if result.instructions is None else f", {result.instructions:,} instructions each"
    if result.slide and result.push:
        cost = f", {result.push.instructions_per_result:,} instructions a result"
    Console().print(
        f"{result.model}: {len(inputs)} inputs on {where}{cost}; "
        f"{output_file}: {outputs.dtype} {list(outputs.shape)}",
        highlight=False,
        soft_wrap=True,
    )
    if result.slide:
        Console().print(str(result.slide), highlight=False, soft_wrap=True)


def _read(path: Path) -> Array:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as e:
        raise InputError(f"{path}: wanted a .npy file of numbers: {e}") from None
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path}: wanted one array (.npy), found an archive (.npz)")
    return array


def _npy(array: Array) -> bytes:

    buffer = BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
