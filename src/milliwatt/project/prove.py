"""Proof by comparison: reference, host's C and target's machine code, layer by layer."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from milliwatt.errors import Divergence
from milliwatt.ir import Array, Graph
from milliwatt.plan import Push
from milliwatt.project.samples import Sample
from milliwatt.run.reference import Reference
from milliwatt.run.runner import CompiledRunner, Runner

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, and how much there is."""
SHOWN = 5  # values of a difference that a message quotes


def silent(what: str, done: int, total: int) -> None:
    """Report no progress."""
    del what, done, total


def prove(
    graph: Graph,
    runners: Mapping[str, Runner],
    samples: Sequence[Sample],
    progress: Progress = silent,
) -> None:
    """Run every sample on every runner and compare each layer with the reference, to the bit.

    The function that a user calls is compared as well, by its outputs. Models with state run all
    samples in one go, from the same start everywhere.

    Raises:
        Divergence: names the runner, the sample, the first layer that differs, and values.
    """
    _compare_layers(graph, runners, samples, progress)
    _compare_outputs(graph, runners, samples, progress)


def _compare_layers(
    graph: Graph, runners: Mapping[str, Runner], samples: Sequence[Sample], progress: Progress
) -> None:
    reference = Reference(graph)
    for runner in runners.values():
        runner.reset()
    for i, sample in enumerate(samples):
        progress("comparing layers", i, len(samples))
        wanted = reference.trace(sample)
        for name, runner in runners.items():
            check_layers(name, i, graph, runner.trace(sample), wanted)
    progress("comparing layers", len(samples), len(samples))


def _compare_outputs(
    graph: Graph, runners: Mapping[str, Runner], samples: Sequence[Sample], progress: Progress
) -> None:
    reference = Reference(graph)
    for runner in runners.values():
        runner.reset()
    for i, sample in enumerate(samples):
        progress("comparing outputs", i, len(samples))
        wanted = reference.run(sample)
        for name, runner in runners.items():
            got = runner.run(sample)
            for v, a, b in zip(graph.outputs, wanted, got, strict=True):
                if not same_bits(a, b):
                    raise Divergence(
                        f"sample {i}: output {v.name!r} on the {name} differs from the reference "
                        f"although every layer by itself agrees: {difference(a, b)}"
                    )
    progress("comparing outputs", len(samples), len(samples))


def prove_sliding(
    graph: Graph,
    push: Push,
    runners: Mapping[str, CompiledRunner],
    samples: Sequence[Sample],
    progress: Progress = silent,
) -> None:
    """Push all samples as one signal and compare every result with that of the window it ends.

    Raises:
        Divergence: a result differs from the window's, or is not due when it should be.
    """
    window = graph.inputs[0].type
    rows = np.concatenate([sample[0].reshape(window.rows, -1) for sample in samples])
    for runner in runners.values():
        runner.reset()
    reference = Reference(graph)
    for at, row in enumerate(rows):
        progress("sliding", at, len(rows))
        behind = at + 1 - push.first_result_rows
        due = behind >= 0 and behind % push.rows_per_result == 0
        got = {name: runner.push(row) for name, runner in runners.items()}
        if not due:
            early = [name for name, result in got.items() if result is not None]
            if early:
                raise Divergence(f"row {at}: a result on the {early[0]} where none is due")
            continue
        seen = rows[behind : behind + window.rows]
        missing = window.rows - len(seen)  # rows of the window that no layer reads
        wanted = reference.run((np.pad(seen, ((0, missing), (0, 0))).reshape(window.shape),))
        for name, result in got.items():
            if result is None:
                raise Divergence(f"row {at}: no result on the {name} where one is due")
            for v, a, b in zip(graph.outputs, wanted, result, strict=True):
                if not same_bits(a, b):
                    raise Divergence(
                        f"row {at}: output {v.name!r} on the {name} differs from that of the "
                        f"window that ends there: {difference(a, b)}"
                    )
    progress("sliding", len(rows), len(rows))


def check_layers(
    name: str, sample: int, graph: Graph, got: Mapping[str, Array], wanted: Mapping[str, Array]
) -> None:
    """Raise `Divergence` at the first layer, in execution order, whose result is not ``wanted``."""
    for node in graph.nodes:
        if node.name in got and not same_bits(wanted[node.name], got[node.name]):
            raise Divergence(
                f"sample {sample}: layer {node.name!r} ({node.op.name}, {node.output.type}) on the "
                f"{name} differs from the reference: "
                f"{difference(wanted[node.name], got[node.name])}"
            )


def same_bits(a: Array, b: Array) -> bool:
    """Tell whether two arrays have the same type, shape and bits (NaN equals the same NaN)."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def difference(wanted: Array, got: Array) -> str:
    """Say how many elements differ and show the first of them."""
    if wanted.shape != got.shape or wanted.dtype != got.dtype:
        return f"wanted {wanted.dtype}{list(wanted.shape)}, got {got.dtype}{list(got.shape)}"
    places = np.argwhere(wanted != got)
    shown = ", ".join(
        f"{list(map(int, at))}: wanted {wanted[tuple(at)]}, got {got[tuple(at)]}"
        for at in places[:SHOWN]
    )
    return f"{len(places)} of {wanted.size} elements, first at {shown}"
