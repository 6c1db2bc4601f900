"""The parts of the page on the goals: each a heading, what was done, the commands, a table."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass

from bench import limits
from bench.figures import Case, Check, Figures, Unit
from bench.goals import (
    CYCLE_GOALS,
    PUBLISHED_CYCLES,
    RELATIVE_GOALS,
    SILICON_FACTOR,
    core_check,
    cycle_check,
    goal_checks,
    is_ahead,
)
from bench.measure import (
    ENLARGED,
    MAIN_BOARD,
    MAIN_CASES,
    MODELS,
    OTHER_BOARDS,
    SAMPLES_OF_OTHERS,
    SMALL_BOARD,
    WINOGRAD,
    Results,
    Works,
    figures,
)
from bench.peers import CMSIS_NN, TUNED, Lines, of
from bench.tables import NONE, against, percent, shell, table
from bench.times import VERIFIED, VERIFY_SAMPLES, Times, checks, verify_check

from milliwatt.targets import load_board

CORES = (*OTHER_BOARDS[:1], SMALL_BOARD, *OTHER_BOARDS[1:])  # as their table is ordered
_WITH_LAYERS = f"milliwatt compile kws_ref_model.tflite --board {MAIN_BOARD} --json report.json"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page and the goals that it shows."""

    text: str
    checks: tuple[Check, ...]


def builds(results: Results, lines: Lines) -> Section:
    """Show every goal of the builds for the main board, and the tuned peer beside."""
    peers = {m: of(m, load_board(MAIN_BOARD).cpu.name, lines) for m in MODELS}
    rows: list[tuple[str, ...]] = []
    found: list[Check] = []
    for case in MAIN_CASES:
        goals = goal_checks(case, figures(case, results[case]))
        # The peer has no rows: a frame costs it the whole window, and an image must be there.
        peer = None if case.unit is Unit.IMAGE else peers[case.model].get(TUNED)
        rows.append((case.title, _plan(case, results), *map(against, goals.values()), *_peer(peer)))
        found += goals.values()
    head = ("build", "plan", "instructions", "RAM", "code", "weights")
    peer_head = (f"TFLM's {what}" for what in ("instructions", "RAM", "code", "model"))
    text = f"""### One build for each row

{load_board(MAIN_BOARD).cpu.title}, default options. Sizes in bytes; RAM is arena, state and stack,
input and output included. Each cell: what was measured, beside its goal. *Plan* is what the
compiler chose by measuring: layers in turns, row by row in rings (ram), or one after the other on
whole maps (speed). Instructions of pushed lines are those of a whole image together; of a pushed
frame, those of one frame once the window is full. TFLM is the tuned build (CMSIS-NN with inline
assembly), which computes the whole window for each frame.

{
        shell(
            f"milliwatt compile kws_ref_model.tflite --board {MAIN_BOARD}",
            f"milliwatt compile vww_96_int8.tflite --board {MAIN_BOARD} --push",
        )
    }

{table((*head, *peer_head), rows, text_columns=2)}"""
    return Section(text, tuple(found))


def winograd(results: Results, lines: Lines) -> Section:
    """Show the goals of exact Winograd."""
    goals = goal_checks(WINOGRAD, figures(WINOGRAD, results[WINOGRAD]))
    code = figures(WINOGRAD, results[WINOGRAD]).code
    peer = of(WINOGRAD.model, load_board(MAIN_BOARD).cpu.name, lines).get(TUNED)
    row = (
        WINOGRAD.title,
        *(against(goals[column]) for column in ("instructions", "RAM", "weights")),
        f"{code:,}",
        NONE if peer is None else f"{peer.instructions:,}",
    )
    head = ("build", "instructions", "RAM", "weights", "code", "TFLM's instructions")
    text = f"""### Winograd

Exact in integers; fewer multiplications for more flash. Code has no goal here.

{
        shell(
            "milliwatt compile pretrainedResnet_quant.tflite "
            f"--board {MAIN_BOARD} --optimize speed --winograd"
        )
    }

{table(head, [row], text_columns=1)}"""
    return Section(text, tuple(goals.values()))


def distances(results: Results) -> Section:
    """Show how far each build is from the limit of the core, and which layers are."""
    totals: list[tuple[str, ...]] = []
    kinds: list[tuple[str, ...]] = []
    for case in MAIN_CASES:
        if case.unit is Unit.FRAME:
            continue  # layers are measured for a whole window
        count = figures(case, results[case]).instructions
        parts = limits.spent(results[case].layers, count)
        least = limits.limit(parts)
        totals.append((case.title, *_distance(sum(p.macs for p in parts), count, least)))
        for i, part in enumerate(parts):
            share = percent((part.instructions - part.limit) / (count - least))
            distance = _distance(part.macs, part.instructions, part.limit)
            kinds.append((case.title if i == 0 else "", part.kind, *distance, share))
    head = ("MACs", "instructions", "a MAC", "limit", "× limit", "above the limit")
    text = f"""### Distance from the limit

The limit is half an instruction for each multiply-accumulate (MAC), since SMLAD does two of int16,
plus loads: each operand is loaded once for a block of {limits.PIXELS} pixels by {limits.OUTPUTS}
outputs, the largest that the
registers hold, all pixels by one instruction and all outputs by another. That is
{limits.SMLADS} + {limits.LOADS} instructions
for {limits.SMLADS * limits.MACS_PER_SMLAD} MACs, {float(limits.LIMIT_PER_MAC):.2f} each. MACs are
those that are left once dead channels are gone. The builds are
those above; a pushed frame is left out, since layers are measured on whole windows.

{shell(_WITH_LAYERS)}

{table(("build", *head), totals, text_columns=1)}

By kind of layer, calls of kernels and turning of rings included:

{table(("build", "kind", *head, "of all above"), kinds, text_columns=2)}"""
    return Section(text, ())


def spending(works: Works) -> Section:
    """Show what the instructions of each build do."""
    rows = [
        (case.title, *(percent(n / w.instructions) for n in (*w.by_class.values(), w.glue)))
        for case, w in works.items()
    ]
    classes = next(iter(works.values())).by_class
    text = f"""### What the instructions do

Every executed instruction of a whole input by its name, in the same builds. *Multiplying* and
*loading* are what the limit counts; *requantising* is high multiplications and saturation, *the
rest* shifts, sums, moves and comparisons, those of requantisation too. *Glue* is not a class: it is
all that executes outside of kernels, to call them and to turn rows in rings.

{shell("python bench/run.py --quick")}

{table(("build", *classes, "glue"), rows, text_columns=1)}"""
    return Section(text, ())


def cycles(results: Results) -> Section:
    """Show the goals of estimated cycles, and how they compare with silicon."""
    rows: list[tuple[str, ...]] = []
    found: list[Check] = []
    for model in CYCLE_GOALS:
        estimated = figures(Case(model, MAIN_BOARD), results[Case(model, MAIN_BOARD)])
        if estimated.cycles_estimated is None:
            raise ValueError(f"{MAIN_BOARD}: its core has no cycle model")
        check = cycle_check(model, estimated.cycles_estimated)
        ratio = estimated.cycles_estimated / PUBLISHED_CYCLES[model]
        ahead = is_ahead(model, estimated.cycles_estimated)
        rows.append(
            (model.upper(), against(check), f"{PUBLISHED_CYCLES[model]:,}", f"{ratio:.2f}",
             "**ahead**" if ahead else "not ahead")
        )  # fmt: skip
        found.append(check)
    head = ("model", "cycles, estimated", "best published silicon", "ratio", "as silicon")
    text = f"""### Estimated cycles

From the manual's instruction timings and the counts above, without flash wait states; the builds
are those above. Silicon takes about {SILICON_FACTOR} × such an estimate, so a ratio below
1/{SILICON_FACTOR} = {1 / SILICON_FACTOR:.2f} is ahead of
the best result that was published for a Cortex-M4 (STM32L4R5 at 120 MHz, MLPerf Tiny v1.1 to v1.3).

{shell(_WITH_LAYERS)}

{table(head, rows, text_columns=1)}"""
    return Section(text, tuple(found))


def cores(results: Results, lines: Lines) -> Section:
    """Show the instructions of every model on every other core."""
    boards = (MAIN_BOARD, *CORES)
    counts = {(m, b): figures(Case(m, b), results[Case(m, b)]).instructions
              for m in MODELS for b in boards}  # fmt: skip
    rows: list[tuple[str, ...]] = []
    found: list[Check] = []
    for board in CORES:
        cpu = load_board(board).cpu
        for model in MODELS:
            check = core_check(model, board, counts)
            peer = of(model, cpu.name, lines).get(CMSIS_NN)
            rows.append(
                (cpu.title if model == next(iter(MODELS)) else "", board, model.upper(),
                 against(check),
                 NONE if peer is None else f"{peer.instructions:,}",
                 NONE if peer is None else f"{peer.instructions / check.found:.2f}")
            )  # fmt: skip
            found.append(check)
    more = "; ".join(_enlarged(board) for board in ENLARGED)
    relative = ", ".join(
        f"{board} {factor} × our {other}" for board, (other, factor) in RELATIVE_GOALS.items()
    )
    head = ("core", "board", "model", "instructions", "TFLM, CMSIS-NN", "ratio")
    text = f"""### Other cores

Instructions of one inference, default options, proven on {SAMPLES_OF_OTHERS} inputs (on
{SMALL_BOARD} as many as elsewhere).
Where a board is too small for some of the models, all are measured on the same core with more
memory: {more}.
Relative goals: {relative}. The ratio says how many times our instructions TFLM takes.

{shell("python bench/run.py")}

{table(head, rows, text_columns=3)}"""
    return Section(text, tuple(found))


def wall_times(times: Times) -> Section:
    """Show how long things take on this machine."""
    rows: list[tuple[str, ...]] = []
    found: list[Check] = []
    for model, taken in times.models.items():
        goals = checks(model, taken)
        rows.append(
            (model.upper(), against(goals["cold"], digits=1), against(goals["warm"], digits=1),
             against(goals["emulated"], scale=1e6))
        )  # fmt: skip
        found += goals.values()
    check = verify_check(times)
    head = ("model", "compile, cold, s", "compile, warm, s", "million instructions a second")
    text = f"""### Times

On the machine that wrote this file, and different on any other ({platform.machine()},
{os.cpu_count()} cores, Python {platform.python_version()}).
*Cold* is `milliwatt compile` with nothing in its cache or the C compiler's, *warm* the same command
once more; the proof and the measurement are part of both. Emulation counts every instruction.

{
        shell(
            "export MILLIWATT_CACHE_DIR=$(mktemp -d)",
            f"milliwatt compile kws_ref_model.tflite --board {MAIN_BOARD}",
            f"milliwatt verify {MODELS[VERIFIED]} --board {MAIN_BOARD} --samples {VERIFY_SAMPLES}",
        )
    }

{table(head, rows, text_columns=1)}

`verify` of {VERIFIED.upper()} on {VERIFY_SAMPLES} samples, in seconds: {
        against(check, digits=1)
    }."""
    return Section(text, (*found, check))


def summary(found: Iterable[Check]) -> str:
    """Say how many goals are met, and which are not."""
    all_ = tuple(found)
    missed = [check for check in all_ if not check.holds]
    head = f"{len(all_) - len(missed)} of {len(all_)} goals are met."
    if not missed:
        return head
    return f"{head} Missed:\n\n" + "\n".join(f"* {c.what}, by {percent(c.miss)}" for c in missed)


def _plan(case: Case, results: Results) -> str:
    return results[case].optimize if case.unit is Unit.INFERENCE else "push"


def _distance(macs: int, count: int, least: int) -> tuple[str, ...]:
    of_mac = f"{count / macs:.2f}" if macs else NONE
    of_limit = f"{count / least:.2f}" if least else NONE
    return f"{macs:,}", f"{count:,}", of_mac, f"{least:,}", of_limit, f"{count - least:,}"


def _enlarged(name: str) -> str:
    board, (flash, ram) = load_board(name), ENLARGED[name]
    sizes = [f"{(n or 0) >> 10} KiB" for n in (flash, board.flash_bytes, ram, board.ram_bytes)]
    return "{} with {} of flash instead of {}, {} of RAM instead of {}".format(name, *sizes)


def _peer(peer: Figures | None) -> Iterable[str]:
    if peer is None:
        return (NONE,) * 4
    return (f"{n:,}" for n in (peer.instructions, peer.ram, peer.code, peer.weights))
