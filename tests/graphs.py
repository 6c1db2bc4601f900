"""Small random graphs, for tests that must hold for any model.

A graph grows from its input by a few layers drawn from a table; skips join what has the same shape
and concatenations what differs in channels alone. Scales follow the inputs' spread, so
that values stay away from the stops and a wrong bit anywhere reaches the output.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Builder, DType, Graph, Op, Quant, TensorType, Value
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import Table
from milliwatt.passes import optimize
from milliwatt.project.samples import EDGES, sample_inputs
from milliwatt.run.reference import Reference

T = TypeVar("T")
CHANNELS = (1, 3, 4, 5, 8, 17)
SPREAD = 40.0  # wanted standard deviation of a layer's int8 output
NOISE = 74.0  # that of uniform int8 noise: 256 / sqrt(12)
ATTEMPTS = 100
MOST_ELEMENTS = 4096  # of a tensor, so that a graph runs in milliseconds


@cache
def random_graph(seed: int) -> Graph:
    """Return the graph of ``seed``, optimised: image or 1-D signal in, vector or map out.

    Of the graphs that a seed gives in turn the first whose output varies with the input is taken:
    one that saturates would hide wrong bits.
    """
    candidates = (optimize(Grower(seed, attempt).grow()) for attempt in range(ATTEMPTS))
    return next(graph for graph in candidates if varies(graph))


def varies(graph: Graph) -> bool:
    """Tell whether noise gives nearly as many different outputs as inputs."""
    reference = Reference(graph)
    noise = sample_inputs(graph, EDGES + 8, 0)[EDGES:]
    return len({reference.run(sample)[0].tobytes() for sample in noise}) >= 6


class Grower:
    def __init__(self, seed: int, attempt: int = 0) -> None:
        self.rng = np.random.default_rng([seed, attempt])
        self.b = Builder(f"graph_{seed}")
        self.seen: list[Value] = []

    def grow(self) -> Graph:
        x = self.b.input("x", TensorType(self._input_shape(), DType.S8, self._quant()))
        self.seen.append(x)
        for i in range(int(self.rng.integers(2, 7))):
            x = self._layer(f"layer {i}", x)
            self.seen.append(x)
        outputs = [self._head(x)] if self._chance(0.6) else [x]
        if self._chance(0.15):
            outputs.append(self._pick(self.seen))
        return self.b.build(*outputs)

    def _layer(self, name: str, x: Value) -> Value:
        for _ in range(20):
            grow = LAYERS[int(self.rng.integers(len(LAYERS)))]
            try:
                return grow(self, name, x)
            except ShapeMismatch:
                continue  # a window that does not fit, or nothing to join: draw another
        return self.relu_like(name, x)

    def _head(self, x: Value) -> Value:
        if self._chance(0.5):
            x = self.b.node("average", GlobalAveragePool(x.type.quantized), x)
        x = self.b.node("flat", Reshape((1, x.type.size)), x)
        outputs = int(self.rng.integers(2, 11))
        x = self._weighted(
            "dense", FullyConnected, x, (outputs, x.type.size), outputs, 0, x.type.size
        )
        return self.b.node("softmax", Softmax(), x) if self._chance(0.5) else x

    def conv(self, name: str, x: Value) -> Value:
        c, kernel = x.type.shape[3], self._kernel(x)
        c_out = int(self._pick(CHANNELS))
        attributes = self._window_attributes()
        if kernel[0] * x.type.shape[1] * x.type.shape[2] * c_out > 8 * MOST_ELEMENTS:
            raise ShapeMismatch("too large")
        return self._weighted(
            name, Conv2d, x, (c_out, *kernel, c), c_out, 0, c * kernel[0] * kernel[1], **attributes
        )

    def depthwise(self, name: str, x: Value) -> Value:
        kernel = self._kernel(x)
        c_out = x.type.shape[3] * int(self._pick((1, 1, 1, 2)))
        attributes = self._window_attributes()
        taps = kernel[0] * kernel[1]
        return self._weighted(
            name, DepthwiseConv2d, x, (*kernel, c_out), c_out, 2, taps, **attributes
        )

    def pool(self, name: str, x: Value) -> Value:
        op = AveragePool2d if self._chance(0.5) else MaxPool2d
        window = self._kernel(x)
        pad = tuple(
            int(self.rng.integers(0, k)) for k in (window[0], window[0], window[1], window[1])
        )
        stride = (int(self.rng.integers(1, 3)), int(self.rng.integers(1, 3)))
        return self._small(name, op(x.type.quantized, window, stride, pad, self._clip()), x)

    def pad(self, name: str, x: Value) -> Value:
        rows, columns = (tuple(int(n) for n in self.rng.integers(0, 3, 2)) for _ in range(2))
        return self._small(name, Pad(((0, 0), rows, columns, (0, 0))), x)

    def slice(self, name: str, x: Value) -> Value:
        _, h, w, c = x.type.shape
        begin = (0, int(self.rng.integers(0, h)), int(self.rng.integers(0, w)), 0)
        stride = (1, int(self.rng.integers(1, 3)), int(self.rng.integers(1, 3)), 1)
        shape = (1, -(-(h - begin[1]) // stride[1]), -(-(w - begin[2]) // stride[2]), c)
        return self.b.node(name, StridedSlice(begin, stride, shape), x)

    def relu_like(self, name: str, x: Value) -> Value:
        entries = np.clip(np.arange(-128, 128) + self.rng.integers(-20, 20, 256), -128, 127)
        return self.b.node(name, Table(self._quant(), tuple(int(v) for v in entries)), x)

    def skip(self, name: str, x: Value) -> Value:
        others = [v for v in self.seen if v.type.shape == x.type.shape]
        if not others:
            raise ShapeMismatch("nothing to join")
        other = self._pick(others)
        op = (Add, Sub, Mul)[int(self.rng.integers(3))]
        product = SPREAD * x.type.scale * other.type.scale
        out = product if op is Mul else max(x.type.scale, other.type.scale)
        return self.b.node(name, op(self._scaled(out), self._clip()), x, other)

    def join(self, name: str, x: Value) -> Value:
        axis = int(self._pick((1, 2, 3)))
        others = [v for v in self.seen if self._joins(v, x, axis)]
        if not others:
            raise ShapeMismatch("nothing to join")
        return self._small(name, Concatenation(axis), x, self._pick(others))

    def _joins(self, v: Value, x: Value, axis: int) -> bool:
        same = [a for a in range(4) if a != axis]
        alike = all(v.type.shape[a] == x.type.shape[a] for a in same)
        return alike and v.type.quant == x.type.quant

    def _weighted(
        self,
        name: str,
        op: Callable[..., Op],
        x: Value,
        shape: tuple[int, ...],
        channels: int,
        axis: int,
        terms: int,
        **attributes: object,
    ) -> Value:
        scales = self.rng.uniform(0.5, 1.5, channels) * 0.01
        quant = Quant(tuple(float(np.float32(s)) for s in scales), 0, axis)
        w_type = TensorType(shape, DType.S8, quant)
        w = self.b.constant(
            f"{name} w", w_type, self.rng.integers(-127, 128, shape).astype(np.int8)
        )
        sum_spread = math.sqrt(terms) * NOISE * NOISE
        bias = (self.rng.standard_normal(channels) * sum_spread / 4).astype(np.int32)
        bias_value = self.b.constant(f"{name} bias", TensorType((channels,), DType.S32), bias)
        out = self._scaled(sum_spread * x.type.scale * 0.01 / SPREAD)
        return self._small(name, op(out=out, clip=self._clip(), **attributes), x, w, bias_value)

    def _small(self, name: str, op: Op, *inputs: Value) -> Value:
        (y,) = op.infer(tuple(v.type for v in inputs))
        if y.size > MOST_ELEMENTS:
            raise ShapeMismatch("too large")
        return self.b.node(name, op, *inputs)

    def _input_shape(self) -> tuple[int, ...]:
        c = int(self._pick(CHANNELS))
        if self._chance(0.35):
            return (1, int(self.rng.integers(8, 65)), 1, c)  # a signal: time is the row axis
        return (1, int(self.rng.integers(4, 17)), int(self.rng.integers(3, 13)), c)

    def _kernel(self, x: Value) -> tuple[int, int]:
        wide = 1 if x.type.shape[2] == 1 else int(self.rng.integers(1, 5))
        return int(self.rng.integers(1, 6)), wide

    def _window_attributes(self) -> dict[str, tuple[int, ...]]:
        draw = self.rng.integers
        return {
            "stride": (int(draw(1, 4)), int(draw(1, 3))),
            "pad": tuple(int(n) for n in draw(0, 3, 4)) if self._chance(0.6) else (0, 0, 0, 0),
            "dilation": (int(draw(1, 3)), int(draw(1, 3))),
        }

    def _quant(self) -> Quant:
        return self._scaled(float(self.rng.uniform(0.01, 0.2)))

    def _scaled(self, scale: float) -> Quant:
        return Quant((float(np.float32(scale)),), int(self.rng.integers(-60, 61)))

    def _clip(self) -> tuple[int, int]:
        return (int(self.rng.integers(-40, 1)), 127) if self._chance(0.3) else (-128, 127)

    def _chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def _pick(self, items: Sequence[T]) -> T:
        return items[int(self.rng.integers(len(items)))]


LAYERS: tuple[Callable[[Grower, str, Value], Value], ...] = (
    Grower.conv,
    Grower.conv,
    Grower.conv,
    Grower.depthwise,
    Grower.depthwise,
    Grower.pool,
    Grower.pad,
    Grower.slice,
    Grower.relu_like,
    Grower.skip,
    Grower.skip,
    Grower.join,
)
"""What a layer may be; more often what models are made of."""
