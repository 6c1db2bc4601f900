"""Runs a graph and TensorFlow Lite Micro side by side, call after call."""

from collections.abc import Iterator, Sequence

import numpy as np

from milliwatt.importers.tflite import load_tflite, read
from milliwatt.importers.tflite.model import ElementType, TfliteTensor
from milliwatt.ir import Array, Graph, Value
from milliwatt.run.tflm import Tflm


class Meaning:
    """A graph evaluated node by node by its operators' own definitions; variables live on."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._kept = {v: v.data for v in graph.values.values() if v.data is not None}

    def run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        known: dict[Value, Array] = dict(self._kept)
        known.update(zip(self._graph.inputs, inputs, strict=True))
        for node in self._graph.nodes:
            arrays = node.op.evaluate(node.types, tuple(known[v] for v in node.inputs))
            known.update(zip(node.outputs, arrays, strict=True))
        self._kept.update({v: known[v] for v in self._graph.variables})
        return tuple(known[v] for v in self._graph.outputs)


def draw(tensor: TfliteTensor, rng: np.random.Generator, kind: int) -> Array:
    """Return an input: all lowest, all highest, all zero points for kinds 0 to 2, else random."""
    if tensor.type is ElementType.FLOAT32:
        wild = rng.normal(size=tensor.shape) * 10.0 ** rng.uniform(-3, 3, tensor.shape)
        return wild.astype(np.float32)
    info = np.iinfo(tensor.type.name.lower())
    zero = tensor.quantization.zero_points[0] if tensor.quantization else 0
    edges = (info.min, info.max, zero)
    if kind < len(edges):
        return np.full(tensor.shape, edges[kind], info.dtype)
    return rng.integers(info.min, info.max + 1, tensor.shape).astype(info.dtype)


def side_by_side(
    data: bytes, calls: int, seed: int = 0
) -> Iterator[tuple[tuple[Array, ...], tuple[Array, ...]]]:
    """Yield the outputs of our graph and of TensorFlow Lite Micro, for each of ``calls`` inputs."""
    main = read(data).main
    ours, theirs = Meaning(load_tflite(data)), Tflm(data)
    rng = np.random.default_rng(seed)
    for kind in range(calls):
        inputs = [draw(main.tensors[i], rng, kind) for i in main.inputs]
        yield ours.run(inputs), theirs.run(inputs)
