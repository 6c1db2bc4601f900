"""Model to C library, proven and measured."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import milliwatt
from milliwatt.emit import Library, make_library, write_library
from milliwatt.errors import DoesNotFit
from milliwatt.passes.removal import Certificate
from milliwatt.plan import Plan, PushKind, make_plan, make_push_plan, slides
from milliwatt.project import measure
from milliwatt.project.certificate import certify, check_shrinking
from milliwatt.project.endless import prove_endless
from milliwatt.project.model import Model
from milliwatt.project.optimize import (
    DEFAULT_GOAL,
    FASTER,
    Budget,
    Candidate,
    Cost,
    Goal,
    Handed,
    Optimize,
    Prefer,
    always,
    candidate,
    fastest,
    first_listed,
    prefer_rows,
    within,
)
from milliwatt.project.prove import Progress, prove, prove_sliding, silent
from milliwatt.project.samples import EDGES, Sample, sample_inputs
from milliwatt.project.tune import Tuner
from milliwatt.project.tuning_cache import TuningCache
from milliwatt.report.result import BitExact, BoardLimits, FlashUse, PushUse, Result, Slide
from milliwatt.run.emulated import EmulatedRunner, Measurement
from milliwatt.run.host import HostRunner
from milliwatt.run.runner import CompiledRunner, Runner
from milliwatt.run.toolchain import compiler_version
from milliwatt.targets import BOARDS, Board, Support, load_board

SAMPLES = 16
MOST_EXPENSIVE = 3


@dataclass(frozen=True)
class Compiled:
    """A model compiled for a board, loaded and ready to run.

    Attributes:
        model: what was compiled.
        board: for which board.
        optimize: what the plan strives for.
        plan: what was decided.
        library: the C files.
        host: the C on this machine.
        target: the machine code on the emulated board, None where the board has no emulator.
    """

    model: Model
    board: Board
    optimize: Optimize
    plan: Plan
    library: Library
    host: HostRunner
    target: EmulatedRunner | None

    @property
    def runners(self) -> dict[str, Runner]:
        """Everything that runs the compiled code, by the name used in messages."""
        found: dict[str, Runner] = {"host": self.host}
        if self.target is not None:
            found[f"target {self.board.name}"] = self.target
        return found

    @property
    def pushers(self) -> dict[str, CompiledRunner]:
        """The same, for rows to be pushed into."""
        found: dict[str, CompiledRunner] = {"host": self.host}
        if self.target is not None:
            found[f"target {self.board.name}"] = self.target
        return found


def build(
    model: Model, board: Board | str, goal: Goal = DEFAULT_GOAL, progress: Progress = silent
) -> Compiled:
    """Compile and load ``model`` for ``board``, without proving anything yet.

    Raises:
        DoesNotFit: what is over, by how many bytes, and which layers cost most.
        UnsupportedOp: a layer has no kernel, or rows cannot be pushed into the model.
        BuildFailed: the C compiler refused.
        NotAvailable: kernels are to be tuned, but the board has no emulator to measure them on.
        InputError: the tuning cache is damaged or cannot be written.
    """
    board = load_board(board) if isinstance(board, str) else board
    prefer: Prefer = always(goal.base) if goal.winograd else first_listed
    if goal.tune:
        prefer = Tuner(model.graph, board, TuningCache(goal.tune_cache), goal.base, progress)
    if goal.push:
        slide = slides(model.graph, endless=goal.slide)
        preferences = prefer(FASTER, Handed.SINGLE if slide else Handed.AS_LIKED)
        plan = make_push_plan(model.graph, board.cpu, preferences, endless=goal.slide)
        return _load(model, board, plan, Optimize.RAM, FASTER)
    if goal.budget:
        return _within(model, board, goal.budget, prefer)
    if goal.optimize is Optimize.SPEED and goal.winograd:
        return replace(_rows_or_whole(model, board, prefer), optimize=Optimize.SPEED)
    if goal.optimize is Optimize.SIZE:
        return _smallest(model, board, prefer)
    if goal.optimize is not None:
        return _build(model, board, candidate(goal.optimize, board.cpu, prefer))
    return _rows_or_whole(model, board, prefer)


def _smallest(model: Model, board: Board, prefer: Prefer) -> Compiled:
    """Return the build with the least flash: kernels made for speed are at times the smaller."""
    sought = (Optimize.SIZE, Optimize.SPEED)
    built = [_build(model, board, candidate(o, board.cpu, prefer)) for o in sought]
    smallest = min(built, key=lambda c: c.target.flash_bytes().total if c.target else 0)
    return replace(smallest, optimize=Optimize.SIZE)


def _rows_or_whole(model: Model, board: Board, prefer: Prefer) -> Compiled:
    """Return the plan that is the default, by rows or whole, decided by measuring both."""
    by_rows = _build(model, board, candidate(Optimize.RAM, board.cpu, prefer))
    try:
        speed = _build(model, board, candidate(Optimize.SPEED, board.cpu, prefer))
    except DoesNotFit:
        return by_rows
    return by_rows if prefer_rows(_cost(speed), _cost(by_rows)) else speed


def _within(model: Model, board: Board, budget: Budget, prefer: Prefer) -> Compiled:
    """Return the fastest of all candidates that stay within ``budget``."""
    built: list[Compiled] = []
    choices = [*within(model.graph, board.cpu, prefer)]
    if prefer is not first_listed:
        # The fastest kernels may borrow more memory than the budget has.
        choices += within(model.graph, board.cpu)
    for choice in choices:
        plan = _plan(model, board, choice)
        if budget.ram_bytes is None or plan.arena_bytes + plan.state_bytes <= budget.ram_bytes:
            with suppress(DoesNotFit):
                built.append(_build(model, board, choice))
    if not built:
        built.append(_build(model, board, candidate(Optimize.RAM, board.cpu)))
    return built[fastest([_cost(c) for c in built], budget)]


def _build(model: Model, board: Board, choice: Candidate) -> Compiled:
    return _load(model, board, _plan(model, board, choice), choice.label, choice.flags)


def _plan(model: Model, board: Board, choice: Candidate) -> Plan:
    preferences = choice.preferences
    return make_plan(model.graph, board.cpu, choice.schedule, preferences=preferences)


def _load(model: Model, board: Board, plan: Plan, optimize: Optimize, flags: str) -> Compiled:
    """Write the C of a plan, compile it for this machine and the board, and load both."""
    _fits_ram(plan, board)
    library = make_library(plan, board, model.name, f"{model.name} for {board.title}", flags)
    with tempfile.TemporaryDirectory(prefix="milliwatt-build-") as folder:
        host = HostRunner(plan, library, Path(folder))
        target = None
        if board.support is Support.EMULATED:
            try:
                target = EmulatedRunner(plan, library, board, Path(folder))
            except DoesNotFit as e:
                raise DoesNotFit(f"{model.name}: {e}\n{_most_flash(plan, library)}") from None
    return Compiled(model, board, optimize, plan, library, host, target)


def _cost(compiled: Compiled) -> Cost:
    """Measure one inference of a built candidate."""
    plan, target = compiled.plan, compiled.target
    held = plan.arena_bytes + plan.state_bytes
    if target is None:
        return Cost(None, held, None)
    (sample,) = sample_inputs(plan.graph, EDGES + 1, 0)[EDGES:]
    _, measured = target.measure(sample)
    target.reset()
    return Cost(measured.instructions, held + measured.stack_bytes, target.flash_bytes().total)


def compile(  # noqa: A001  (the verb of the public surface: milliwatt.compile)
    model: Model,
    board: Board | str,
    *,
    goal: Goal = DEFAULT_GOAL,
    out: Path | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
    progress: Progress = silent,
) -> Result:
    """Compile ``model`` for ``board``, prove it, measure it and write the C library to ``out``.

    Args:
        model: what to compile.
        board: a board or its name; its RAM and flash are the limits checked.
        goal: what to strive for; by default the least RAM that hardly costs instructions.
        out: a new or empty folder, or one that an earlier call wrote; None writes nothing.
        samples: how many inputs the reference, the host's C and the target are compared on.
        seed: of those inputs.
        progress: called as the work goes on.

    Returns:
        Sizes, instructions, estimates and bit-exactness, altogether and by layer.

    Raises:
        DoesNotFit: the model needs more than the board has; says what, by how much, and why.
        UnsupportedOp: a layer has no kernel.
        Divergence: two implementations disagree, which is a defect; nothing is written.
        InputError: ``out`` holds files that milliwatt did not write.

    The files depend on the model, the board and the version of this package, and nothing else.
    """
    progress(f"compiling {model.name}", 0, 1)
    compiled = build(model, board, goal, progress)
    progress(f"compiling {model.name}", 1, 1)
    slide = prove_all(compiled, sample_inputs(model.graph, samples, seed), progress)
    result = summarize(compiled, agreed(compiled, samples), slide)
    if out is not None:
        write_library(compiled.library, out, manifest_of(result))
    return result


def manifest_of(result: Result) -> dict[str, object]:
    """Return what a library's manifest says of its origin."""
    report = result.to_json()
    return {k: report[k] for k in ("schema", "model", "board", "cpu", "optimize", "versions")}


def prove_all(
    compiled: Compiled,
    samples: Sequence[Sample],
    progress: Progress = silent,
    certificate: Certificate | None = None,
) -> Slide | None:
    """Compare every layer and output of everything that runs, and windows that slide.

    First the graph that is compiled is compared with the model as it came, and what passes have
    removed from it is checked anew, by ``certificate`` or by one made here.

    Returns:
        How results compare with those of single windows, where the signal is taken as endless.

    Raises:
        Divergence: names the first layer that differs, with values.
    """
    model = compiled.model
    if model.original is not None:
        progress("comparing with the model as it came", 0, 1)
        certificate = certificate or certify(model.original)
        check_shrinking(model.original, model.graph, certificate, samples)
        progress("comparing with the model as it came", 1, 1)
    push = compiled.plan.push
    if push is not None and push.endless:
        return prove_endless(model.graph, push, compiled.pushers, samples, progress)
    prove(model.graph, compiled.runners, samples, progress)
    if push is not None and push.kind is PushKind.SLIDING:
        prove_sliding(compiled.model.graph, push, compiled.pushers, samples, progress)
    return None


def agreed(compiled: Compiled, samples: int) -> BitExact:
    """Return what a successful `prove` has shown."""
    target = True if compiled.target else None
    return BitExact(reference=True, host=True, target=target, tflm=None, samples=samples)


def summarize(compiled: Compiled, bit_exact: BitExact, slide: Slide | None = None) -> Result:
    """Measure one inference of a model and return all figures.

    On an endless signal an inference is all that leads from the first row to the first result.
    """
    board, plan, target = compiled.board, compiled.plan, compiled.target
    measured: Measurement | None = None
    push: PushUse | None = None
    if target is not None:
        (noise,) = sample_inputs(plan.graph, EDGES + 1, 0)[EDGES:]
        target.reset()
        _, measured = target.measure(noise)
        push = measure.pushes(target, noise) if plan.push else None
    image = target.image if target else None
    cycles = measure.total_cycles(board, image, measured)
    flash = target.flash_bytes() if target else None
    return Result(
        model=compiled.model.name,
        board=board.name,
        cpu=board.cpu.name,
        optimize=compiled.optimize.value,
        macs=plan.graph.macs,
        milliwatt_version=milliwatt.__version__,
        compiler_version=compiler_version(),
        cycle_model=board.cpu.cycle_model,
        instructions=measured.instructions if measured else None,
        cycles_estimated=cycles,
        latency_ms_estimated=board.latency_ms(cycles) if cycles is not None else None,
        energy=measure.energy(board, cycles),
        flash=FlashUse(flash.code, flash.weights) if flash else None,
        ram=measure.ram(plan, measured),
        bit_exact=bit_exact,
        layers=measure.layers(plan, compiled.library, board, image, measured),
        limits=BoardLimits(board.title, board.flash_bytes, board.ram_bytes, board.clock_hz),
        buffers=measure.buffers(plan),
        arena_bound_bytes=plan.arena_bound_bytes,
        push=push,
        slide=slide,
        targets={name: load_board(name).support.value for name in BOARDS},
    )


def _fits_ram(plan: Plan, board: Board) -> None:
    if board.ram is None:
        return
    needed = plan.arena_bytes + plan.state_bytes
    if needed <= board.ram.size:
        return
    peak = max(
        range(len(plan.steps)),
        key=lambda at: sum(b.bytes for b in plan.lifetimes if b.alive_at(at)),
    )
    alive = sorted((b for b in plan.lifetimes if b.alive_at(peak)), key=lambda b: -b.bytes)
    layer = plan.calls[plan.steps[peak].index].node.name
    raise DoesNotFit(
        f"{plan.graph.name}: needs {needed} bytes of RAM (arena {plan.arena_bytes}, state "
        f"{plan.state_bytes}) before any stack; {board.name} has {board.ram.size}, which is "
        f"{needed - board.ram.size} too few\nmost is needed at layer {layer!r}: "
        + ", ".join(f"{b.name} {b.bytes} bytes" for b in alive[:MOST_EXPENSIVE])
    )


def _most_flash(plan: Plan, library: Library) -> str:
    sizes = zip(library.model.layer_weights_bytes, plan.calls, strict=True)
    largest = sorted(sizes, key=lambda item: -item[0])[:MOST_EXPENSIVE]
    return "layers with the largest weights: " + ", ".join(
        f"{call.node.name} {size} bytes" for size, call in largest
    )
