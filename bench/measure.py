"""Compile, prove and measure every case, two at a time: counts do not depend on the load."""

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.figures import Case, Figures, Unit
from bench.work import Work, work

import milliwatt
from milliwatt.project.compile import agreed, build, prove_all, summarize
from milliwatt.project.samples import sample_inputs
from milliwatt.report.result import Result
from milliwatt.targets import Board, Memory, load_board

MODELS = {  # as the peer's figures call them
    "kws": "kws_ref_model.tflite",
    "vww": "vww_96_int8.tflite",
    "ic": "pretrainedResnet_quant.tflite",
    "ad": "ad01_int8.tflite",
    "sww": "str_ww_ref_model.tflite",
}
MAIN_BOARD = "nrf52840"
SMALL_BOARD = "rp2040"
BOARDS = (MAIN_BOARD, SMALL_BOARD)  # of which every figure is shown
OTHER_BOARDS = ("stm32f103", "esp32c3", "stm32h743", "stm32u575")  # only instructions
ENLARGED = {"stm32f103": (1 << 20, 256 << 10)}  # bytes of flash and RAM given to cores
WINOGRAD = Case("ic", MAIN_BOARD, winograd=True)
MAIN_CASES = (  # the rows of the table of goals
    Case("kws", MAIN_BOARD),
    Case("vww", MAIN_BOARD),
    Case("vww", MAIN_BOARD, Unit.IMAGE),
    Case("ic", MAIN_BOARD),
    Case("ad", MAIN_BOARD),
    Case("sww", MAIN_BOARD),
    Case("sww", MAIN_BOARD, Unit.FRAME),
)
SAMPLES, SEED = 16, 0  # inputs that a build is proven on, as by default
SAMPLES_OF_OTHERS = 4  # the edges of the input's type and one of noise
PROCESSES = 2

Results = Mapping[Case, Result]
Works = Mapping[Case, Work]


def cases(*, others: bool) -> list[Case]:
    """Return what to measure, with or without the cores of which only instructions are shown."""
    boards = (SMALL_BOARD, *OTHER_BOARDS) if others else (SMALL_BOARD,)
    return [*MAIN_CASES, WINOGRAD, *(Case(m, b) for b in boards for m in MODELS)]


def measure(wanted: list[Case], folder: Path) -> Iterator[tuple[Case, Result, Work | None]]:
    """Yield what each case measures, with the models from ``folder``.

    The last is what the instructions do: of whole inputs on the main board, and None elsewhere.

    Raises:
        MilliwattError: a model does not compile, or what was compiled differs from the reference.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        jobs = [pool.submit(_measured, case, folder / MODELS[case.model]) for case in wanted]
        for case, job in zip(wanted, jobs, strict=True):
            yield case, *job.result()


def board_of(case: Case) -> Board:
    """Return the board, with more memory than it has where few of the models would fit."""
    board = load_board(case.board)
    if case.board not in ENLARGED or board.flash is None or board.ram is None:
        return board
    flash_bytes, ram_bytes = ENLARGED[case.board]
    flash, ram = Memory(board.flash.origin, flash_bytes), Memory(board.ram.origin, ram_bytes)
    return replace(board, flash=flash, ram=ram)


def figures(case: Case, result: Result) -> Figures:
    """Return the figures of one `Unit` of a case.

    Raises:
        MilliwattError: the board has no emulator, or the build was not made to be pushed.
    """
    if result.instructions is None or result.flash is None or result.ram.stack is None:
        raise milliwatt.MilliwattError(f"{result.board}: only emulated boards can be measured")
    instructions = result.instructions
    if case.unit is not Unit.INFERENCE:
        if result.push is None:
            raise milliwatt.MilliwattError(f"{case.title}: the build cannot be pushed")
        of_frame = case.unit is Unit.FRAME
        push = result.push
        instructions = push.instructions_per_row if of_frame else push.instructions_per_result
    return Figures(
        engine="milliwatt",
        instructions=instructions,
        cycles_estimated=result.cycles_estimated if case.unit is Unit.INFERENCE else None,
        code=result.flash.code,
        weights=result.flash.weights,
        arena=result.ram.arena,
        state=result.ram.state,
        stack=result.ram.stack,
    )


def _measured(case: Case, file: Path) -> tuple[Result, Work | None]:
    """Do what `milliwatt.compile` does, and look at the instructions besides."""
    goal = milliwatt.Goal(push=case.unit is not Unit.INFERENCE)
    if case.winograd:
        goal = milliwatt.Goal(optimize=milliwatt.Optimize.SPEED, winograd=True)
    samples = SAMPLES_OF_OTHERS if case.board in OTHER_BOARDS else SAMPLES
    model = milliwatt.load(file)
    compiled = build(model, board_of(case), goal)
    prove_all(compiled, sample_inputs(model.graph, samples, SEED))
    looked_at = case.board == MAIN_BOARD and case.unit is Unit.INFERENCE
    return summarize(compiled, agreed(compiled, samples)), work(compiled) if looked_at else None
