"""Random graphs with channels planted to be dead or constant: shrunk, proven, the same bits."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType, Value
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import Table
from milliwatt.passes import optimize, prepare, shrink
from milliwatt.passes.removal import How, Why
from milliwatt.project.certificate import certify, check_same, check_shrinking
from milliwatt.project.certificate_file import from_json, to_json
from milliwatt.project.samples import sample_inputs

TINY = float(np.float32(2.0**-60))
KINDS = (
    "conv", "conv", "pointwise", "depthwise", "depthwise", "double", "skip", "join", "stack",
    "table", "pool", "pad", "slice", "requantize",
)  # fmt: skip


class Planter:
    """Grows a graph layer by layer; some filters are zero, saturate or have no scale left."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.b = Builder("planted")
        shape = (
            1,
            int(self.rng.integers(1, 7)),
            int(self.rng.integers(1, 6)),
            int(self.rng.integers(1, 4)),
        )
        self.seen = [self.b.input("x", TensorType(shape, DType.S8, self.quant()))]

    def grow(self, kinds: list[str]) -> Graph:
        for i, kind in enumerate(kinds):
            try:
                self.seen.append(getattr(self, kind)(f"{kind} {i}", self.seen[-1]))
            except ShapeMismatch:
                continue  # a window larger than what is left, or nothing to join
        return self.b.build(*self.head(self.seen[-1]))

    def head(self, x: Value) -> list[Value]:
        how = self.rng.integers(4)
        if how == 0:
            return [x]
        if how == 1:
            x = self.b.node("mean", Mean(self.quant(), (1, 2), keep_dims=True), x)
        elif how == 2:
            x = self.b.node("average", GlobalAveragePool(x.type.quantized), x)
        flat = self.b.node("flat", Reshape((1, x.type.size)), x)
        outputs = int(self.rng.integers(1, 5))
        more = (
            [self.seen[int(self.rng.integers(len(self.seen)))]] if self.rng.random() < 0.1 else []
        )
        return [self.weighted("dense", FullyConnected, flat, (outputs, x.type.size), 0), *more]

    def conv(self, name: str, x: Value) -> Value:
        outputs, kernel = int(self.rng.integers(1, 7)), self.rng.integers(1, 4, 2)
        shape = (outputs, *(int(k) for k in kernel), x.type.shape[3])
        return self.weighted(name, Conv2d, x, shape, 0, **self.window())

    def pointwise(self, name: str, x: Value) -> Value:
        shape = (int(self.rng.integers(2, 9)), 1, 1, x.type.shape[3])
        return self.weighted(name, Conv2d, x, shape, 0)

    def depthwise(self, name: str, x: Value, multiplier: int = 1) -> Value:
        shape = (*(int(k) for k in self.rng.integers(1, 4, 2)), x.type.shape[3] * multiplier)
        return self.weighted(name, DepthwiseConv2d, x, shape, 2, **self.window())

    def double(self, name: str, x: Value) -> Value:
        return self.depthwise(name, x, 2)

    def skip(self, name: str, x: Value) -> Value:
        others = [v for v in self.seen if v.type.shape == x.type.shape]
        op = (Add, Sub, Mul)[int(self.rng.integers(3))]
        return self.b.node(name, op(self.quant(), self.clip()), x, self.one_of(others))

    def join(self, name: str, x: Value) -> Value:
        return self.concatenate(name, x, 3)

    def stack(self, name: str, x: Value) -> Value:
        return self.concatenate(name, x, int(self.rng.integers(1, 3)))

    def concatenate(self, name: str, x: Value, axis: int) -> Value:
        other = self.one_of([v for v in self.seen if v.type.shape[1:3] == x.type.shape[1:3]])
        if other.type.quant != x.type.quant:
            other = self.b.node(f"{name} scaled", Requantize(x.type.quantized, DType.S8), other)
        return self.b.node(name, Concatenation(axis), x, other)

    def table(self, name: str, x: Value) -> Value:
        entries = np.clip(self.rng.integers(-50, 50, 256) + np.arange(-128, 128), -60, 60)
        return self.b.node(name, Table(self.quant(), tuple(int(v) for v in entries)), x)

    def pool(self, name: str, x: Value) -> Value:
        op = (AveragePool2d, MaxPool2d)[int(self.rng.integers(2))]
        return self.b.node(name, op(x.type.quantized, (2, 2), (1, 1), (1, 0, 1, 0), self.clip()), x)

    def pad(self, name: str, x: Value) -> Value:
        value = None if self.rng.random() < 0.7 else int(self.rng.integers(-128, 128))
        return self.b.node(name, Pad(((0, 0), (1, 0), (0, 1), (0, 0)), value), x)

    def slice(self, name: str, x: Value) -> Value:
        _, h, w, c = x.type.shape
        whole = self.rng.random() < 0.7
        first = 0 if whole else int(self.rng.integers(c))
        shape = (1, (h + 1) // 2, w, c - first)
        return self.b.node(name, StridedSlice((0, 0, 0, first), (1, 2, 1, 1), shape), x)

    def requantize(self, name: str, x: Value) -> Value:
        return self.b.node(name, Requantize(self.quant(), DType.S8), x)

    def weighted(self, name, op, x, shape, axis, **attributes) -> Value:
        rng, channels = self.rng, shape[axis]
        w = rng.integers(-128, 128, shape).astype(np.int8)
        bias = rng.integers(-3000, 3000, channels).astype(np.int32)
        scales = rng.uniform(0.5, 2.0, channels).astype(np.float32).astype(float)
        by_output = np.moveaxis(w, axis, 0)
        for o in range(channels):
            fate = rng.random()
            if fate < 0.2:
                by_output[o] = 0
                bias[o] = rng.choice([0, bias[o]])  # without a bias it is the zero point
            elif fate < 0.3:
                scales[o] = TINY
            elif fate < 0.4:
                bias[o] = rng.choice([-(2**31), -(2**28), 2**28, 2**31 - 1])
        if axis == 0:
            w[..., rng.random(shape[-1]) < 0.3] = 0
        # sums of scale 1, whatever the input's, so that scales do not run away from layer to layer
        quant = Quant(tuple(float(np.float32(v / x.type.scale)) for v in scales), 0, axis)
        w_value = self.b.constant(f"{name} w", TensorType(shape, DType.S8, quant), w)
        b_value = self.b.constant(f"{name} b", TensorType((channels,), DType.S32), bias)
        spread = float(4 ** self.rng.integers(2, 6))
        out = Quant((spread,), self.zero())
        return self.b.node(name, op(out=out, clip=self.clip(), **attributes), x, w_value, b_value)

    def window(self) -> dict[str, tuple[int, ...]]:
        draw = self.rng.integers
        pad = tuple(int(n) for n in draw(0, 2, 4)) if self.rng.random() < 0.6 else (0, 0, 0, 0)
        return {
            "pad": pad,
            "stride": (int(draw(1, 3)), int(draw(1, 3))),
            "dilation": (int(draw(1, 3)), 1),
        }

    def one_of(self, values: list[Value]) -> Value:
        return values[int(self.rng.integers(len(values)))]

    def clip(self) -> tuple[int, int]:
        if self.rng.random() < 0.7:
            return (-128, 127)
        return (int(self.rng.integers(-90, 20)), int(self.rng.integers(30, 128)))

    def quant(self) -> Quant:
        return Quant((float(np.float32(self.rng.uniform(0.5, 2.0))),), self.zero())

    def zero(self) -> int:
        return -128 if self.rng.random() < 0.4 else int(self.rng.integers(-128, 128))


def prove(graph: Graph, seed: int) -> Graph:
    samples = sample_inputs(graph, 8, seed)
    certificate = certify(graph)
    assert from_json(to_json(certificate)) == certificate
    shrunk, found = shrink(prepare(graph))
    assert found == certificate
    check_same(prepare(graph), shrunk, samples, certificate)
    done = optimize(graph)
    check_shrinking(graph, done, certificate, samples)
    assert done.macs <= shrunk.macs <= graph.macs
    assert [v.type for v in done.inputs] == [v.type for v in graph.inputs]
    assert [v.type for v in done.outputs] == [v.type for v in graph.outputs]
    assert optimize(done).macs <= done.macs
    return done


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_any_graph_shrinks_to_the_same_bits(kinds, seed):
    prove(Planter(seed).grow(kinds), seed)


def test_the_planted_graphs_are_worth_it():
    """They lose channels for every reason, at and away from the zero point, through every layer."""
    rng = np.random.default_rng(0)
    whys, hows, through, away = Counter(), Counter(), Counter(), 0
    macs = [0, 0]
    for seed in range(300):
        graph = Planter(seed).grow([KINDS[i] for i in rng.integers(len(KINDS), size=6)])
        shrunk, certificate = shrink(prepare(graph))
        macs[0] += graph.macs
        macs[1] += shrunk.macs
        for r in certificate.removals:
            whys[r.why] += 1
            hows.update(x.how for x in r.readers)
            through.update({graph.producer(graph.values[r.tensor]).op.name})
            away += r.why is Why.CONSTANT and r.low != graph.values[r.tensor].type.zero_point
    assert min(whys[w] for w in Why) >= 100, whys
    assert min(hows[h] for h in How) >= 100, hows
    assert away >= 100
    names = {
        "conv2d",
        "depthwise_conv2d",
        "add",
        "mul",
        "concatenation",
        "table",
        "pad",
        "reshape",
        "requantize",
    }
    assert all(through[f"nn.{n}"] >= 3 for n in names), through
    assert macs[1] < 0.8 * macs[0]
