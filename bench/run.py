"""Measure the MLPerf Tiny models and write ``bench/RESULTS.md``: ``python bench/run.py``.

The models and the peer's figures are read from the folder that MILLIWATT_SHARED names, or from
``shared`` beside the checkout. Ends with status 1 where a model misses a limit of `checks`.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import milliwatt
from milliwatt.project import Model, build
from milliwatt.project.samples import sample_inputs
from milliwatt.report.files import write_text_atomically
from milliwatt.report.result import Result
from milliwatt.targets import load_board

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
BOARDS = ("nrf52840", "rp2040")
MODELS = {  # as the peer's figures call them
    "kws": "kws_ref_model.tflite",
    "vww": "vww_96_int8.tflite",
    "ic": "pretrainedResnet_quant.tflite",
    "ad": "ad01_int8.tflite",
    "sww": "str_ww_ref_model.tflite",
}
REFERENCE = "TFLM reference kernels"
PEERS = {  # engines as the peer's figures call them, with the names printed
    REFERENCE: "TFLM, reference kernels",
    "TFLM + CMSIS-NN, only int8 kernels registered": "TFLM, CMSIS-NN",
    "TFLM + CMSIS-NN tuned (inline assembly, restrict, only int8 kernels registered)": (
        "TFLM, CMSIS-NN tuned"
    ),
}
MAX_CODE_BYTES = 40_000
SPEEDUP_WANTED = 3  # over the reference kernels
SPEEDUP_BOARD = "nrf52840"
SECONDS_OF_EMULATION = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One engine's figures for one inference of a model; sizes in bytes."""

    engine: str
    instructions: int
    cycles_estimated: int | None
    code: int
    weights: int  # of TFLM the .tflite file, which stays in flash as it is
    arena: int
    state: int  # of TFLM static RAM
    stack: int

    @property
    def ram(self) -> int:
        """Everything in RAM while the model runs."""
        return self.arena + self.state + self.stack


@dataclass(frozen=True, slots=True)
class WallTime:
    """Seconds on the machine at hand."""

    compile_seconds: float
    emulated_per_second: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A model on a board: what was measured now, and the peers on the same core."""

    model: str
    board: str
    ours: Figures
    samples: int
    peers: dict[str, Figures]
    wall: WallTime


@dataclass(frozen=True, slots=True)
class Check:
    """A requirement with the figures that decide it."""

    what: str
    found: int
    limit: int

    @property
    def holds(self) -> bool:
        """Tell whether the requirement is met."""
        return self.found <= self.limit


def main() -> int:
    """Measure, write the results, and return the exit status."""
    shared = Path(os.environ.get("MILLIWATT_SHARED", HERE.parent.parent / "shared"))
    missing = [p for p in (shared / "baselines.json", shared / "models") if not p.exists()]
    if missing:
        print(f"nothing measured: {missing[0]} is absent (set MILLIWATT_SHARED)", file=sys.stderr)
        return 0
    baselines = json.loads((shared / "baselines.json").read_text(encoding="utf-8"))["results"]
    entries = []
    for name, file in MODELS.items():
        model = milliwatt.load(shared / "models" / file)
        for board in BOARDS:
            print(f"{name} on {board}", flush=True)
            entries.append(measure(name, model, board, baselines))
    write_text_atomically(RESULTS, page(entries))
    missed = [(e, c) for e in entries for c in checks(e) if not c.holds]
    for e, c in missed:
        print(f"{e.model} on {e.board}: {c.what}: {c.found}, limit {c.limit}", file=sys.stderr)
    print(f"wrote {RESULTS.relative_to(HERE.parent)}")
    return 1 if missed else 0


def measure(name: str, model: Model, board: str, baselines: Iterable[dict[str, object]]) -> Entry:
    """Compile twice, the first time to warm the cache of kernels, and time the second."""
    milliwatt.compile(model, board, samples=1)
    start = time.perf_counter()
    result = milliwatt.compile(model, board)
    seconds = time.perf_counter() - start
    return Entry(
        model=name,
        board=board,
        ours=_our_figures(result),
        samples=result.bit_exact.samples,
        peers=_peers(name, load_board(board).cpu.name, baselines),
        wall=WallTime(seconds, _emulated_per_second(model, board, result)),
    )


def checks(entry: Entry) -> list[Check]:
    """Return what must hold of a model, with the figures."""
    least = min(peer.ram for peer in entry.peers.values())
    found = [
        Check("RAM, bytes", entry.ours.ram, least),
        Check("code, bytes", entry.ours.code, MAX_CODE_BYTES - 1),
    ]
    if entry.board == SPEEDUP_BOARD:
        limit = (entry.peers[REFERENCE].instructions - 1) // SPEEDUP_WANTED
        found.append(Check("instructions", entry.ours.instructions, limit))
    return found


def page(entries: Sequence[Entry]) -> str:
    """Return the results as Markdown."""
    parts = [
        "<!-- Written by `make bench`. -->",
        "# Results",
        (
            "The five int8 models of MLPerf Tiny, one inference each. The peer is TensorFlow Lite "
            "Micro (TFLM), measured on the same emulated cores. Instructions are counted, not "
            "estimated; cycles are estimated from the core's published instruction timings, "
            "without flash wait states. Each figure of ours is of machine code that had just "
            "given the same bits as the reference of the graph it was compiled from, layer by "
            f"layer, on {entries[0].samples} inputs."
        ),
        (
            "To repeat: `make bench`, or for one model "
            "`milliwatt compile kws_ref_model.tflite --board nrf52840 --json report.json`."
        ),
        "## Speed and size",
        (
            "Sizes in bytes. *Weights* of TFLM is the model file, which stays in flash. *State* of "
            "TFLM is its static RAM. *RAM* is arena, state and stack. The ratios in a peer's row "
            "say how many times milliwatt's figure it needs."
        ),
    ]
    for board in BOARDS:
        b = load_board(board)
        parts += [
            f"### {board} ({b.cpu.title})",
            _figures([e for e in entries if e.board == board]),
        ]
    parts += [
        "## Requirements",
        (
            "RAM: no more than the leanest build of TFLM on that core. Code: under "
            f"{MAX_CODE_BYTES:,} bytes. Instructions on {SPEEDUP_BOARD}: TFLM takes more than "
            f"{SPEEDUP_WANTED} times as many with its reference kernels."
        ),
        _requirements(entries),
        "## Wall time",
        (
            "On the machine that wrote this file, and different on any other "
            f"({platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}). "
            "*Compile* is the whole of `milliwatt compile` with warm caches, the proof and the "
            "measurement included."
        ),
        _wall_times(entries),
    ]
    return "\n\n".join(parts) + "\n"


def _our_figures(result: Result) -> Figures:
    if result.instructions is None or result.flash is None or result.ram.stack is None:
        raise milliwatt.MilliwattError(f"{result.board}: only emulated boards can be measured")
    return Figures(
        engine="milliwatt",
        instructions=result.instructions,
        cycles_estimated=result.cycles_estimated,
        code=result.flash.code,
        weights=result.flash.weights,
        arena=result.ram.arena,
        state=result.ram.state,
        stack=result.ram.stack,
    )


def _peers(model: str, cpu: str, baselines: Iterable[dict[str, object]]) -> dict[str, Figures]:
    found = {}
    for entry in baselines:
        engine = str(entry["engine"])
        if (entry["model"], entry["cpu"]) == (model, cpu) and engine in PEERS:
            cycles = entry.get("cycles_estimated")
            found[engine] = Figures(
                engine=PEERS[engine],
                instructions=_integer(entry["instructions"]),
                cycles_estimated=None if cycles is None else _integer(cycles),
                code=_integer(entry["code_bytes"]),
                weights=_integer(entry["model_bytes"]),
                arena=_integer(entry["arena_bytes"]),
                state=_integer(entry["static_ram_bytes"]),
                stack=_integer(entry["stack_bytes"]),
            )
    return {engine: found[engine] for engine in PEERS if engine in found}


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise milliwatt.MilliwattError(f"baselines.json: found {value!r}, wanted an integer")
    return value


def _emulated_per_second(model: Model, board: str, result: Result) -> float:
    """Return instructions a second of the emulator, counting switched off."""
    target = build(model, board).target
    if target is None or result.instructions is None:
        raise milliwatt.MilliwattError(f"{board}: only emulated boards can be measured")
    (sample,) = sample_inputs(model.graph, 4, 0)[3:]  # the noise that was counted on
    target.run(sample)  # translates the machine code, once
    runs, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < SECONDS_OF_EMULATION:
        target.run(sample)
        runs += 1
    return runs * result.instructions / seconds


def _figures(entries: Iterable[Entry]) -> str:
    head = (
        *("model", "engine", "instructions", "ratio", "cycles (estimated)", "code", "weights"),
        *("arena", "state", "stack", "RAM", "ratio"),
    )
    rows = [_row(e, f) for e in entries for f in (e.ours, *e.peers.values())]
    return _table(head, rows, text_columns=2)


def _row(entry: Entry, figures: Figures) -> tuple[str, ...]:
    f, ours = figures, entry.ours
    peer = f is not ours
    sizes = (f.code, f.weights, f.arena, f.state, f.stack, f.ram)
    return (
        "" if peer else entry.model,
        f.engine,
        f"{f.instructions:,}",
        f"{f.instructions / ours.instructions:.2f}" if peer else "",
        "–" if f.cycles_estimated is None else f"{f.cycles_estimated:,}",
        *(f"{size:,}" for size in sizes),
        f"{f.ram / ours.ram:.2f}" if peer else "",
    )


def _requirements(entries: Iterable[Entry]) -> str:
    rows = [
        (e.model, e.board, c.what, f"{c.found:,}", f"{c.limit:,}", "yes" if c.holds else "**NO**")
        for e in entries
        for c in checks(e)
    ]
    return _table(("model", "board", "what", "found", "at most", "holds"), rows, text_columns=3)


def _wall_times(entries: Iterable[Entry]) -> str:
    rows = [
        (
            e.model,
            e.board,
            f"{e.wall.compile_seconds:.1f}",
            f"{e.wall.emulated_per_second / 1e6:.0f}",
        )
        for e in entries
    ]
    head = ("model", "board", "compile, s", "emulated, million instructions a second")
    return _table(head, rows, text_columns=2)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int) -> str:
    rule = ["---" if i < text_columns else "---:" for i in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rows))


if __name__ == "__main__":
    sys.exit(main())
