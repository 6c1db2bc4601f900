"""``verify``: the test side on the emulated board, and what quantisation cost, layer by layer."""

import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from milliwatt.errors import Divergence, InputError
from milliwatt.ir import Array, DType, Graph
from milliwatt.project.compile import Compiled
from milliwatt.project.inputs import inputs_of
from milliwatt.project.prove import Progress, difference, same_bits
from milliwatt.project.split_files import load_split
from milliwatt.project.stage import Stage, Work
from milliwatt.project.stages.compile import compiled
from milliwatt.project.stages.compress import LAYERS, TRACED
from milliwatt.run.reference import Reference
from milliwatt.run.runner import Runner

SCORES, ERRORS = "scores.npz", "sqnr.json"


def _run(work: Work) -> None:
    project = work.project
    done = compiled(project, work.before["compress"])
    sides = load_split(work.before["dataset"]).sides()
    graph = done.model.graph
    scores: dict[str, Array] = {}
    for side in ("validation", "test"):
        if side in sides:
            inputs = _shaped(graph, inputs_of(project, sides[side]).samples)
            scores[side] = _all(done.host, inputs, f"scoring the {side} side", work.progress)
    test = inputs_of(project, sides["test"])
    inputs = _shaped(graph, test.samples)
    if done.target is not None:
        chosen = _chosen(test.recording, project.file.verify.on_board, project.file.project.seed)
        got = _all(done.target, inputs[chosen], f"running on {done.board.name}", work.progress)
        _refuse_different(scores["test"][chosen], got, done.board.name)
        scores |= {"board": got, "board_windows": chosen}
    np.savez(work.out / SCORES, allow_pickle=False, **scores)
    traces = _traces(done, inputs, scores["test"])
    with np.load(work.before["compress"] / LAYERS, allow_pickle=False) as floats:
        errors = _layer_errors(graph, dict(floats), traces)
    (work.out / ERRORS).write_text(json.dumps(errors, indent=1) + "\n", encoding="utf-8")


def _shaped(graph: Graph, samples: Array) -> Array:
    """Return the inputs as the model takes them.

    Pixels may go into int8: 0 becomes -128, as in models that were trained on images elsewhere.

    Raises:
        InputError: the model takes another type, or another number of elements.
    """
    place = graph.inputs[0].type
    if samples.dtype == np.uint8 and place.dtype is DType.S8:
        samples = (samples.astype(np.int16) - 128).astype(np.int8)
    if samples.dtype != place.dtype.numpy or samples[0].size != place.size:
        raise InputError(
            f"{graph.name} takes {place}, a window of the data is {samples.dtype} "
            f"{list(samples.shape[1:])}; change [window], or let [features] come between"
        )
    return samples.reshape(len(samples), *place.shape)


def _all(runner: Runner, inputs: Array, what: str, progress: Progress) -> Array:
    """Return real numbers ``[N, class]``: the outputs for every input."""
    found = []
    for i, one in enumerate(inputs):
        progress(what, i, len(inputs))
        runner.reset()
        found.append(runner.run((one,))[0].reshape(-1))
    progress(what, len(inputs), len(inputs))
    return np.stack(found)


def _chosen(recording: npt.NDArray[np.int64], most: int | None, seed: int) -> npt.NDArray[np.int64]:
    """Return which windows run on the board: all, or those of recordings drawn by chance."""
    if most is None or most >= len(recording):
        return np.arange(len(recording))
    order = np.random.default_rng(seed).permutation(np.unique(recording))
    taken, chosen = 0, []
    for r in order:
        own = np.flatnonzero(recording == r)
        if taken and taken + len(own) > most:
            break
        taken += len(own)
        chosen.append(own)
    return np.sort(np.concatenate(chosen))


def _refuse_different(host: Array, board: Array, name: str) -> None:
    for i, (wanted, got) in enumerate(zip(host, board, strict=True)):
        if not same_bits(wanted, got):
            raise Divergence(f"test input {i} on {name}: {difference(wanted, got)}")


def _traces(done: Compiled, inputs: Array, scores: Array) -> list[Mapping[str, Array]]:
    """Return what every layer of the reference gives on the first inputs, compared with the C.

    On a signal taken as endless results are not those of each window, so there they are not
    compared; that the C computes them rightly is proven when it is compiled.
    """
    reference, traces = Reference(done.model.graph), []
    push = done.plan.push
    alone = push is None or not push.endless
    for i, one in enumerate(inputs[:TRACED]):
        reference.reset()
        trace = reference.trace((one,))
        (wanted,) = (trace[v.name] for v in done.model.graph.outputs)
        if alone and not same_bits(wanted.reshape(-1), scores[i]):
            raise Divergence(f"test input {i}: {difference(wanted.reshape(-1), scores[i])}")
        traces.append(trace)
    return traces


def _layer_errors(
    graph: Graph, floats: Mapping[str, npt.NDArray[np.float32]], traces: list[Mapping[str, Array]]
) -> list[tuple[str, float]]:
    """Return the signal to noise ratio of each layer that the float network has too."""
    from milliwatt.learn import sqnr_db  # noqa: PLC0415  (PyTorch is optional, slow to import)

    errors = []
    for node in graph.nodes:
        t = node.output.type
        if node.name not in floats or floats[node.name][0].size != t.size:
            continue  # a layer of front end, or one whose channels were shrunk
        integers = np.concatenate([trace[node.name] for trace in traces]).astype(np.float32)
        real = (integers - t.zero_point) * np.float32(t.scale)
        errors.append((node.name, sqnr_db(floats[node.name].reshape(real.shape), real)))
    return errors


VERIFY = Stage(
    name="verify",
    does="run the test side on the board",
    after=("dataset", "compress", "compile"),
    settings=("compile", "verify", "window", "project.board", "project.name", "project.seed"),
    code=("run", "learn/metrics.py", "project/inputs.py", "project/stages/verify.py"),
    packages=("numpy", "unicorn"),
    run=_run,
)
