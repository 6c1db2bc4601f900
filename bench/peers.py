"""The figures of TensorFlow Lite Micro (TFLM) on the same emulated cores, from baselines.json."""

import json
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figures

from milliwatt.errors import InputError

Lines = list[dict[str, object]]
REFERENCE = "TFLM reference kernels"
CMSIS_NN = "TFLM + CMSIS-NN, only int8 kernels registered"
TUNED = "TFLM + CMSIS-NN tuned (inline assembly, restrict, only int8 kernels registered)"
PEERS = {  # engines as the peer's figures call them, with the names printed
    REFERENCE: "TFLM, reference kernels",
    CMSIS_NN: "TFLM, CMSIS-NN",
    TUNED: "TFLM, CMSIS-NN tuned",
}


def read(file: Path) -> Lines:
    """Return every measurement of the file."""
    lines: Lines = json.loads(file.read_text(encoding="utf-8"))["results"]
    return lines


def of(model: str, cpu: str, lines: Iterable[dict[str, object]]) -> dict[str, Figures]:
    """Return the figures of each engine that was measured for a model on a core, by its name."""
    found = {}
    for line in lines:
        engine = str(line["engine"])
        if (line["model"], line["cpu"]) == (model, cpu) and engine in PEERS:
            cycles = line.get("cycles_estimated")
            found[engine] = Figures(
                engine=PEERS[engine],
                instructions=_integer(line["instructions"]),
                cycles_estimated=None if cycles is None else _integer(cycles),
                code=_integer(line["code_bytes"]),
                weights=_integer(line["model_bytes"]),
                arena=_integer(line["arena_bytes"]),
                state=_integer(line["static_ram_bytes"]),
                stack=_integer(line["stack_bytes"]),
            )
    return {engine: found[engine] for engine in PEERS if engine in found}


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise InputError(f"baselines.json: found {value!r}, wanted an integer")
    return value
