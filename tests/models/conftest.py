"""Inputs for whole models, and what the reference gives for them, worked out once a session."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

import milliwatt
from milliwatt.importers.tflite import load_tflite
from milliwatt.ir import Array, Graph, TensorType
from milliwatt.project import Model
from milliwatt.project.samples import EDGES, Sample, sample_inputs
from milliwatt.run.reference import Reference

NOISE = 100
SMOOTH = 16
SEED = 20


@dataclass(frozen=True)
class Known:
    """A model, the inputs to try it on, and what every node gives for each.

    Attributes:
        model: as it is compiled, after all passes.
        inputs: edges first.
        traces: what the compiled graph's nodes give for each input, by name.
        outputs: what the graph as it stands in the file gives for each input.
        operators: what each of that graph's nodes gives for each input, by name.
    """

    model: Model
    inputs: tuple[Sample, ...]
    traces: tuple[Mapping[str, Array], ...]
    outputs: tuple[tuple[Array, ...], ...]
    operators: tuple[Mapping[str, Array], ...]


@pytest.fixture(scope="session")
def known() -> Callable[[Path], Known]:
    """Return ``known(path)``: the model there with the reference's results."""
    return _known


@pytest.fixture(scope="session")
def smooth() -> Callable[[TensorType, np.random.Generator], Array]:
    """Return ``smooth(type, rng)``: low frequencies of random contrast and brightness."""
    return _smooth


@lru_cache(maxsize=1)  # tests come model by model; two models' maps need not be in memory
def _known(path: Path) -> Known:
    model = milliwatt.load(path)
    inputs = _inputs(model.graph)
    compiled, imported = Reference(model.graph), Reference(load_tflite(path))
    return Known(
        model,
        inputs,
        tuple(compiled.trace(sample) for sample in inputs),
        tuple(imported.run(sample) for sample in inputs),
        tuple(imported.trace(sample) for sample in inputs),
    )


def _inputs(graph: Graph) -> tuple[Sample, ...]:
    """Return the edges, noise, and inputs as smooth as images and sound are."""
    rng = np.random.default_rng(SEED)
    structured = [tuple(_smooth(v.type, rng) for v in graph.inputs) for _ in range(SMOOTH)]
    return (*sample_inputs(graph, EDGES + NOISE, SEED), *structured)


def _smooth(t: TensorType, rng: np.random.Generator) -> Array:
    """White noise averages out within a few layers; this reaches the deeper ones."""
    coarse = [max(1, n // 8) for n in t.shape]
    values = rng.standard_normal(coarse)
    for axis, n in enumerate(t.shape):
        at = np.arange(n) * coarse[axis] // n
        values = np.take(values, at, axis=axis)
    low, high = t.dtype.limits
    middle, contrast = rng.uniform(low / 2, high / 2), rng.uniform(10, high)
    return np.clip(np.rint(middle + contrast * values), low, high).astype(t.dtype.numpy)
