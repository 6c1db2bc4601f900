"""``run``: a model on many inputs, on the emulated board."""

import numpy as np

from milliwatt.errors import Divergence, InputError
from milliwatt.ir import Array, DType, Graph, TensorType
from milliwatt.project.compile import Compiled, build, summarize
from milliwatt.project.endless import against_windows, check_result, signal_of
from milliwatt.project.model import Model
from milliwatt.project.optimize import DEFAULT_GOAL, Goal
from milliwatt.project.prove import Progress, difference, same_bits, silent
from milliwatt.report.result import BitExact, Result, Slide
from milliwatt.run.endless import Endless
from milliwatt.run.reference import Reference
from milliwatt.targets import Board

COMPARED = 16  # outputs that are compared with the reference


def run(
    model: Model,
    board: Board | str,
    inputs: Array,
    *,
    goal: Goal = DEFAULT_GOAL,
    progress: Progress = silent,
) -> Array:
    """Run ``model`` on ``board`` once for each of N inputs, in order, state kept between them.

    Args:
        model: has one input and one output.
        board: a board or its name; `host` runs on this machine.
        inputs: ``[N, *input shape]``, with or without the model's own batch axis of 1. The model's
            own integers, or floats, which are quantised.
        goal: how to compile the model, as for `compile`. Where it slides without end, all inputs
            are one signal, one behind the other.
        progress: called as the work goes on.

    Returns:
        ``[N, …]`` in the model's output type, without the model's batch axis; of an endless signal
        as many results as were due.

    Raises:
        InputError: another shape or type; says what was wanted.
        Divergence: one of the first outputs is not what the reference gives.
    """
    stacked = prepare(model.graph, inputs)
    outputs, _ = execute(model, board, stacked, goal=goal, progress=progress)
    return outputs


def execute(
    model: Model,
    board: Board | str,
    inputs: Array,
    *,
    goal: Goal = DEFAULT_GOAL,
    progress: Progress = silent,
) -> tuple[Array, Result]:
    """As `run`, on inputs that `prepare` has returned; return the figures of the model too.

    The first outputs, up to `COMPARED`, are compared with the reference; all of an endless signal.
    """
    compiled = build(model, board, goal, progress)
    slide, compared = None, min(len(inputs), COMPARED)
    if goal.slide:
        outputs, slide = _slide(compiled, inputs, progress)
        compared = len(inputs)
    else:
        outputs = _one_by_one(compiled, inputs, progress)
    t = model.graph.outputs[0].type
    stacked = np.stack(outputs) if outputs else np.zeros((0, *t.shape), t.dtype.numpy)
    on_target = compiled.target is not None
    exact = BitExact(
        reference=True,
        host=None if on_target else True,
        target=True if on_target else None,
        tflm=None,
        samples=compared,
    )
    shaped = stacked.reshape(len(outputs), *_without_batch(t))
    return shaped, summarize(compiled, exact, slide)


def _one_by_one(compiled: Compiled, inputs: Array, progress: Progress) -> list[Array]:
    """Return the output of each input, the first ones compared with the reference."""
    graph = compiled.model.graph
    runner, where = compiled.target or compiled.host, f"running on {compiled.board.name}"
    reference = Reference(graph)
    outputs: list[Array] = []
    for i, sample in enumerate(inputs):
        progress(where, i, len(inputs))
        outputs.append(runner.run((sample,))[0])
        if i < COMPARED:
            (wanted,) = reference.run((sample,))
            if not same_bits(wanted, outputs[-1]):
                raise Divergence(
                    f"input {i}: {compiled.board.name} differs from the reference "
                    f"({difference(wanted, outputs[-1])}); `milliwatt verify` names the layer"
                )
    progress(where, len(inputs), len(inputs))
    return outputs


def _slide(
    compiled: Compiled, inputs: Array, progress: Progress
) -> tuple[list[Array], Slide | None]:
    """Push all inputs as one signal; return its results, and how they compare with windows."""
    graph, push = compiled.model.graph, compiled.plan.push
    assert push is not None  # noqa: S101  (plans that slide have it)
    if not len(inputs):
        return [], None
    runner, where = compiled.target or compiled.host, f"running on {compiled.board.name}"
    reference, results = Endless(graph), list[tuple[Array, ...]]()
    signal = signal_of(graph, [(sample,) for sample in inputs])
    runner.reset()
    for at, row in enumerate(signal):
        progress(where, at, len(signal))
        wanted = reference.push(row)
        check_result(graph, compiled.board.name, at, runner.push(row), wanted)
        if wanted is not None:
            results.append(wanted)
    progress(where, len(signal), len(signal))
    slide = against_windows(graph, push, signal, results, min(len(inputs), COMPARED))
    return [outputs[0] for outputs in results], slide


def prepare(graph: Graph, inputs: Array) -> Array:
    """Return ``inputs`` as ``[N, *the input's own shape]`` in the input's own type.

    Raises:
        InputError: the model has several inputs or outputs, or shape or type do not fit.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise InputError(
            f"{graph.name} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
            "run takes models with one of each"
        )
    t = graph.inputs[0].type
    if inputs.shape[1:] not in (t.shape, _without_batch(t)) or not inputs.ndim:
        raise InputError(
            f"input: found shape {list(inputs.shape)}, wanted [N, "
            f"{', '.join(map(str, _without_batch(t)))}] with N inputs of {t}"
        )
    return _converted(inputs, t).reshape(len(inputs), *t.shape)


def quantize(values: Array, t: TensorType) -> Array:
    """Return real numbers as the integers of ``t``, rounded half away from zero and clamped.

    Raises:
        InputError: a number is not finite.
    """
    if not np.isfinite(values).all():
        raise InputError("input: found NaN or infinity, wanted finite numbers")
    scaled = values.astype(np.float64) / t.scale
    rounded = np.trunc(scaled + np.copysign(0.5, scaled)) + t.zero_point
    quantized: Array = np.clip(rounded, *t.dtype.limits).astype(t.dtype.numpy)
    return quantized


def _converted(inputs: Array, t: TensorType) -> Array:
    if inputs.dtype == t.dtype.numpy:
        return inputs
    if np.issubdtype(inputs.dtype, np.floating):
        if t.dtype is DType.F32:
            return inputs.astype(np.float32)
        if t.quant is not None:
            return quantize(inputs, t)
    raise InputError(
        f"input: found {inputs.dtype}, wanted {t.dtype.numpy} as the model stores it, or floats"
    )


def _without_batch(t: TensorType) -> tuple[int, ...]:
    return t.shape[1:] if t.shape[:1] == (1,) else t.shape
