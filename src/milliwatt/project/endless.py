"""Signals without end pushed into padded models: proof, use, and how far results are from windows.

What such a model should compute is defined in `milliwatt.run.endless`. It is not what the model
computes on each window by itself, where layers see padding in place of the rows around it; so how
much that matters is measured wherever it is done.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from milliwatt.errors import Divergence
from milliwatt.ir import Array, DType, Graph
from milliwatt.plan import Push
from milliwatt.project.prove import Progress, difference, same_bits, silent
from milliwatt.project.samples import Sample
from milliwatt.report.result import Slide
from milliwatt.run.endless import Endless
from milliwatt.run.reference import Reference
from milliwatt.run.runner import CompiledRunner

Outputs = tuple[Array, ...]


def signal_of(graph: Graph, samples: Sequence[Sample]) -> Array:
    """Return inputs as one signal, ``[rows, row size]``, one behind the other."""
    rows = graph.inputs[0].type.rows
    return np.concatenate([sample[0].reshape(rows, -1) for sample in samples])


def prove_endless(
    graph: Graph,
    push: Push,
    runners: Mapping[str, CompiledRunner],
    samples: Sequence[Sample],
    progress: Progress = silent,
) -> Slide:
    """Push all samples as one signal; compare every result and layer with their definition.

    The signal is repeated until it is long enough for two results.

    Raises:
        Divergence: a result or a row of a layer differs, or a result is not due when it should be.
    """
    signal = signal_of(graph, samples)
    least = push.first_result_rows + push.rows_per_result
    signal = np.resize(signal, (max(len(signal), least), signal.shape[1]))
    reference = Endless(graph)
    for runner in runners.values():
        runner.reset()
    results: list[Outputs] = []
    for at, row in enumerate(signal):
        progress("sliding", at, len(signal))
        wanted = reference.push(row)
        for name, runner in runners.items():
            check_result(graph, name, at, runner.push(row), wanted)
        if wanted is not None:
            results.append(wanted)
    progress("sliding", len(signal), len(signal))
    layers = reference.layers()
    for done, (name, runner) in enumerate(runners.items()):
        progress("comparing layers of the signal", done, len(runners))
        _check_layers(graph, name, runner.trace_signal(signal), layers)
    progress("comparing layers of the signal", len(runners), len(runners))
    return against_windows(graph, push, signal, results, len(samples))


def check_result(
    graph: Graph, name: str, row: int, got: Outputs | None, wanted: Outputs | None
) -> None:
    """Raise `Divergence` unless a push gave what it should, which may be no result."""
    if wanted is None or got is None:
        if wanted is not got:
            found, due = ("a", "none") if wanted is None else ("no", "one")
            raise Divergence(f"row {row}: {found} result on the {name} where {due} is due")
        return
    for v, a, b in zip(graph.outputs, wanted, got, strict=True):
        if not same_bits(a, b):
            raise Divergence(
                f"row {row}: output {v.name!r} on the {name} differs from the reference on the "
                f"same signal: {difference(a, b)}"
            )


def _check_layers(
    graph: Graph, name: str, got: Mapping[str, Array], wanted: Mapping[str, Array]
) -> None:
    for node in graph.nodes:
        if node.name in got and not same_bits(wanted[node.name], got[node.name]):
            raise Divergence(
                f"signal: layer {node.name!r} ({node.op.name}, {node.output.type}) on the {name} "
                f"differs from the reference: {difference(wanted[node.name], got[node.name])}"
            )


def against_windows(
    graph: Graph, push: Push, signal: Array, results: Sequence[Outputs], most: int
) -> Slide:
    """Compare results with those of the model by itself on the windows whose rows they stand for.

    Result ``j`` stands for the window from row ``j * rows_per_result`` on: the same rows of every
    layer make it up. Of all windows up to ``most`` are taken, about an input's length apart.

    Raises:
        Divergence: no layer pads, and still they differ; a defect.
    """
    source, reference = graph.inputs[0].type, Reference(graph)
    found: list[tuple[Outputs, Outputs]] = []
    for i in range(most):
        j = -(-i * source.rows // push.rows_per_result)
        window = signal[j * push.rows_per_result :][: source.rows]
        if j < len(results) and len(window) == source.rows:
            found.append((reference.run((window.reshape(source.shape),)), results[j]))
    equal = sum(all(map(same_bits, alone, slid)) for alone, slid in found)
    if not push.padded and equal < len(found):
        raise Divergence(
            f"{graph.name}: {len(found) - equal} of {len(found)} results differ from those of "
            "their windows although no layer pads along rows"
        )
    return Slide(
        padded=push.padded,
        windows=len(found),
        equal=equal,
        same_largest=sum(int(a[0].argmax()) == int(b[0].argmax()) for a, b in found),
        largest_difference=max((_apart(a, b) for a, b in found), default=0.0),
        in_steps=all(v.type.dtype is not DType.F32 for v in graph.outputs),
    )


def _apart(a: Outputs, b: Outputs) -> float:
    pairs = zip(a, b, strict=True)
    return max(float(np.abs(x.astype(np.float64) - y.astype(np.float64)).max()) for x, y in pairs)
