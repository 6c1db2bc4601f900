"""Inputs to prove a model on: the edges of its input types first, then seeded noise."""

import numpy as np

from milliwatt.errors import InputError
from milliwatt.ir import Array, DType, Graph, TensorType

Sample = tuple[Array, ...]
EDGES = 3  # all lowest, all highest, all zero points


def sample_inputs(graph: Graph, count: int, seed: int) -> list[Sample]:
    """Return ``count`` samples, each one array for every input of ``graph``.

    The first three are all at the lowest value, all at the highest and all at the zero point.

    Raises:
        InputError: ``count`` is below one.
    """
    if count < 1:
        raise InputError(f"{count} samples prove nothing; wanted 1 or more")
    rng = np.random.default_rng(seed)
    types = [v.type for v in graph.inputs]
    return [tuple(_content(t, i, rng) for t in types) for i in range(count)]


def _content(t: TensorType, index: int, rng: np.random.Generator) -> Array:
    if t.dtype is DType.F32:
        values = (-1.0, 1.0, 0.0)
        if index < EDGES:
            return np.full(t.shape, values[index], np.float32)
        return rng.standard_normal(t.shape).astype(np.float32)
    low, high = t.dtype.limits
    if index < EDGES:
        return np.full(t.shape, (low, high, t.zero_point)[index], t.dtype.numpy)
    return rng.integers(low, high + 1, t.shape).astype(t.dtype.numpy)
