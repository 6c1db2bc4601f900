"""How long things take on this machine, each alone on it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Check
from bench.measure import MAIN_BOARD, MODELS

import milliwatt
from milliwatt.project import build
from milliwatt.project.samples import EDGES, sample_inputs

SECONDS_OF_EMULATION = 0.5
VERIFIED, VERIFY_SAMPLES = "vww", 100
MAX_COLD_SECONDS, MAX_WARM_SECONDS, MAX_VERIFY_SECONDS = 40, 10, 60
MIN_EMULATED_PER_SECOND = 30_000_000
CACHE = "MILLIWATT_CACHE_DIR"
COMPILERS_CACHE = "ZIG_GLOBAL_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class ModelTimes:
    """A model on the main board.

    Attributes:
        cold_seconds: of ``milliwatt compile`` with an empty cache.
        warm_seconds: of the same once more.
        emulated_per_second: instructions, every one of them counted.
    """

    cold_seconds: float
    warm_seconds: float
    emulated_per_second: float


@dataclass(frozen=True, slots=True)
class Times:
    """All that was timed."""

    models: Mapping[str, ModelTimes]
    verify_seconds: float


def take(folder: Path, say: Callable[[str], None]) -> Times:
    """Time every model of ``folder``."""
    models = {}
    for name, file in MODELS.items():
        say(f"timing {name}")
        with tempfile.TemporaryDirectory(prefix="milliwatt-bench-") as cache:
            words = ("compile", str((folder / file).resolve()), "--board", MAIN_BOARD)
            cold, warm = (_seconds(words, cache) for _ in range(2))
        models[name] = ModelTimes(cold, warm, _emulated_per_second(folder / file))
    say(f"timing verify of {VERIFIED}")
    words = ("verify", str((folder / MODELS[VERIFIED]).resolve()), "--board", MAIN_BOARD)
    return Times(models, _seconds((*words, "--samples", str(VERIFY_SAMPLES))))


def checks(model: str, times: ModelTimes) -> dict[str, Check]:
    """Return the goals of a model's times, by column."""
    name = model.upper()
    speed = times.emulated_per_second
    return {
        "cold": Check(f"{name}: compile, cold", times.cold_seconds, MAX_COLD_SECONDS),
        "warm": Check(f"{name}: compile, warm", times.warm_seconds, MAX_WARM_SECONDS),
        "emulated": Check(f"{name}: emulation", speed, MIN_EMULATED_PER_SECOND, at_least=True),
    }


def verify_check(times: Times) -> Check:
    """Return the goal of the time that a verification takes."""
    return Check(f"{VERIFIED.upper()}: verify", times.verify_seconds, MAX_VERIFY_SECONDS)


def _seconds(words: tuple[str, ...], cache: str | None = None) -> float:
    """Return how long one command takes, the start of Python included."""
    environment = dict(os.environ)
    if cache is not None:
        environment[CACHE] = cache
        environment.pop(COMPILERS_CACHE, None)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as here:  # what the command writes is not kept
        done = subprocess.run(  # noqa: S603  (our own command line)
            [sys.executable, "-m", "milliwatt", *words],
            env=environment,
            cwd=here,
            check=False,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise milliwatt.MilliwattError(f"milliwatt {words[0]} failed:\n{done.stderr}")
    return time.perf_counter() - start


def _emulated_per_second(file: Path) -> float:
    """Return instructions a second of the emulator, each of them counted, by layer."""
    model = milliwatt.load(file)
    target = build(model, MAIN_BOARD).target
    if target is None:
        raise milliwatt.MilliwattError(f"{MAIN_BOARD}: only emulated boards can be measured")
    (noise,) = sample_inputs(model.graph, EDGES + 1, 0)[EDGES:]
    target.measure(noise)  # translates the machine code, once
    counted, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < SECONDS_OF_EMULATION:
        counted += target.measure(noise)[1].instructions
    return counted / seconds
