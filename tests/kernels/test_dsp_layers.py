"""Depthwise, fully connected, sum and pooling layers on an emulated Cortex-M4.

Their assembly gives the bits of the reference; variants that rely on bounds refuse what exceeds
them.
"""

import numpy as np
import pytest
from harness import Run, only_node

from milliwatt.emit import make_library
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.kernels.nn.depthwise_conv2d import window_3x3
from milliwatt.kernels.nn.depthwise_conv2d.kernel import DEPTHWISE_CONV2D
from milliwatt.kernels.nn.fully_connected import dsp
from milliwatt.kernels.nn.fully_connected.kernel import FULLY_CONNECTED
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.sub import Sub
from milliwatt.plan import by_rows, choose, make_plan, whole
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARD = load_board("nrf52840")
CLIPPED = Quant((2.0**-4,), -128)  # what is below 0.0 saturates
CENTRED = Quant((2.0**-4,), 5)


def variant_of(graph: Graph) -> str:
    """Return the name of the variant that a Cortex-M4 gets."""
    return choose(only_node(graph), BOARD.cpu)[1].name


def depthwise(
    rng, x, kernel=(3, 3), out=CLIPPED, bias=None, weights=None, scale=2.0**-10, **attributes
) -> Graph:
    """Return a graph of one depthwise layer; ``x`` is [rows, pixels, channels]."""
    c = x[2]
    b = Builder("depthwise")
    image = b.input("x", TensorType((1, *x), DType.S8, Quant((1.0,), int(rng.integers(-128, 128)))))
    w_type = TensorType((*kernel, c), DType.S8, Quant((scale,) * c, 0, 2))
    if weights is None:
        weights = rng.integers(-127, 128, w_type.shape)
    w = b.constant("w", w_type, np.broadcast_to(weights, w_type.shape).astype(np.int8))
    biases = rng.integers(-3000, 3000, c) if bias is None else np.full(c, bias)
    added = b.constant("bias", TensorType((c,), DType.S32), biases.astype(np.int32))
    return b.build(b.node("y", DepthwiseConv2d(out, **attributes), image, w, added))


def fully_connected(rng, k, outputs, *, one_scale=False, bias=None, scale=2.0**-11) -> Graph:
    """Return a graph of one fully connected layer."""
    b = Builder("fully_connected")
    x = b.input("x", TensorType((1, k), DType.S8, Quant((1.0,), int(rng.integers(-128, 128)))))
    scales = np.float32(rng.uniform(scale, 3 * scale, outputs))
    quant = Quant((scale,)) if one_scale else Quant(tuple(map(float, scales)), 0, 0)
    w_type = TensorType((outputs, k), DType.S8, quant)
    w = b.constant("w", w_type, rng.integers(-127, 128, w_type.shape).astype(np.int8))
    biases = rng.integers(-3000, 3000, outputs) if bias is None else np.full(outputs, bias)
    added = b.constant("bias", TensorType((outputs,), DType.S32), biases.astype(np.int32))
    return b.build(b.node("y", FullyConnected(CENTRED), x, w, added))


def elementwise(op, x) -> Graph:
    """Return a graph of a sum or difference of two inputs of different scales."""
    b = Builder("elementwise")
    a = b.input("a", TensorType((1, *x), DType.S8, Quant((2.0**-5,), 11)))
    other = b.input("b", TensorType((1, *x), DType.S8, Quant((float(np.float32(0.017)),), -128)))
    return b.build(b.node("y", op, a, other))


def pooled(x) -> Graph:
    """Return a graph of one average over an image."""
    b = Builder("pooled")
    image = b.input("x", TensorType((1, *x), DType.S8, CENTRED))
    return b.build(b.node("y", GlobalAveragePool(CENTRED), image))


def extremes_and_noise(rng, shape):
    """Yield inputs at both ends of int8, of both ends, and of everything between."""
    for values in (np.full(shape, -128), np.full(shape, 127), rng.choice([-128, 127], shape)):
        yield values.astype(np.int8)
    for _ in range(3):
        yield rng.integers(-128, 128, shape).astype(np.int8)


SAME = {"pad": (1, 1, 1, 1)}
BY_2 = {"stride": (2, 2), "pad": (0, 1, 0, 1)}
RNG = np.random.default_rng(0)
LAYERS = [
    ("dsp_3x3", depthwise(RNG, (3, 5, 8), **SAME)),
    ("dsp_3x3", depthwise(RNG, (2, 3, 5), **SAME)),
    ("dsp_3x3", depthwise(RNG, (4, 4, 6), stride=(2, 1), pad=(2, 0, 3, 3))),
    ("dsp_3x3", depthwise(RNG, (3, 17, 7), **SAME)),
    ("dsp_3x3", depthwise(RNG, (3, 40, 4), pad=(0, 0, 2, 0))),
    ("dsp_3x3", depthwise(RNG, (5, 12, 13), **BY_2)),
    ("dsp_3x3", depthwise(RNG, (5, 7, 4), stride=(1, 2), pad=(1, 1, 3, 2))),
    ("dsp_3x3", depthwise(RNG, (3, 51, 9), **BY_2)),
    ("dsp", depthwise(RNG, (3, 5, 8), out=CENTRED, **SAME)),
    ("dsp", depthwise(RNG, (4, 2, 9), clip=(-100, 90), **SAME)),
    ("dsp", depthwise(RNG, (9, 1, 40), kernel=(5, 1), out=CENTRED)),
    ("dsp", depthwise(RNG, (6, 4, 4), kernel=(2, 2), out=CENTRED)),
    ("dsp", depthwise(RNG, (6, 6, 5), dilation=(2, 2), pad=(2, 2, 2, 2))),
    ("dsp", fully_connected(RNG, 4, 4)),
    ("dsp", fully_connected(RNG, 3, 1)),
    ("dsp", fully_connected(RNG, 22, 2, one_scale=True)),
    ("dsp", fully_connected(RNG, 65, 10)),
    ("dsp", fully_connected(RNG, 128, 7, one_scale=True)),
    ("linear", elementwise(Add(CLIPPED), (3, 5, 7))),
    ("linear", elementwise(Sub(CENTRED), (2, 3, 1))),
    ("dsp", pooled((3, 5, 7))),
    ("dsp", pooled((2, 255, 4))),
]


@pytest.mark.parametrize("schedule", [whole, by_rows], ids=["whole", "by_rows"])
@pytest.mark.parametrize(("variant", "graph"), LAYERS)
def test_a_core_gives_the_bits_of_the_reference(variant, graph, schedule, tmp_path):
    assert variant_of(graph) == variant
    for ours, wanted in on_a_core(graph, schedule, tmp_path):
        np.testing.assert_array_equal(ours, wanted)


def on_a_core(graph, schedule, folder):
    """Yield what an emulated Cortex-M4 computes, and what is meant, for a few inputs."""
    plan = make_plan(graph, BOARD.cpu, schedule)
    library = make_library(plan, BOARD, graph.name, graph.name)
    runner, reference = EmulatedRunner(plan, library, BOARD, folder), Reference(graph)
    rng = np.random.default_rng(1)
    shapes = [v.type.shape for v in graph.inputs]
    for inputs in zip(*(extremes_and_noise(rng, s) for s in shapes), strict=True):
        (ours,), (wanted,) = runner.run(inputs), reference.run(inputs)
        yield ours, wanted


# all weights are 1, so that sums reach from bias - 9 * (128 + zx) to bias + 9 * (127 - zx)
def ones_3x3(bias, scale=2.0**-9, **attributes):
    return depthwise(FixedZero(-7), (3, 5, 4), bias=bias, weights=1, scale=scale, **attributes)


class FixedZero:
    """Stands in for a generator where the only thing drawn is a zero point."""

    def __init__(self, value: int) -> None:
        self._value = value

    def integers(self, low: int, high: int) -> int:
        """Return the value, which lies within."""
        assert low <= self._value < high
        return self._value


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (ones_3x3(2**22 - 9 * 134), "256 times the sum reaches 2**30"),
        (ones_3x3(9 * 121 - 2**22), "it reaches -2**30"),
        (ones_3x3(2**21, scale=2.0**-22), "the offset leaves 31 bits"),
        (ones_3x3(0, out=CENTRED), "sums below zero count"),
        (ones_3x3(0, clip=(-128, 100)), "it would not clamp"),
    ],
)
def test_depthwise_3x3_leaves_to_others_what_would_go_wrong(graph, why):
    assert variant_of(graph) == "dsp", why


def test_depthwise_3x3_holds_up_to_its_limit():
    for graph in (ones_3x3(2**22 - 9 * 134 - 1), ones_3x3(9 * 121 - 2**22 + 1)):
        assert variant_of(graph) == "dsp_3x3"
        compare(DEPTHWISE_CONV2D, "dsp_3x3", graph)


def test_depthwise_3x3_needs_its_limit(monkeypatch, tmp_path):
    graph = ones_3x3(2**23 + 9 * 121, scale=2.0**-20)
    monkeypatch.setattr(window_3x3, "LIMIT", 1 << 40)
    assert variant_of(graph) == "dsp_3x3"
    assert all((ours != wanted).any() for ours, wanted in on_a_core(graph, whole, tmp_path))


def test_depthwise_refuses_what_is_not_scaled_down_or_narrow():
    for graph in (depthwise(RNG, (3, 5, 4), scale=1.0), depthwise(RNG, (3, 5, 3))):
        assert not variant_of(graph).startswith("dsp")


def test_fully_connected_needs_its_limit(monkeypatch):
    # the limit of sums is 2**23; one input adds at most 127 * 255
    inside, beyond = 2**23 - 4 * 127 * 255, 2**23
    compare(FULLY_CONNECTED, "dsp", fully_connected(RNG, 4, 4, bias=inside, scale=2.0**-20))
    graph = fully_connected(RNG, 4, 4, bias=beyond, scale=2.0**-20)
    assert variant_of(graph) != "dsp"
    monkeypatch.setattr(dsp, "HIGH_LIMIT", 1 << 40)
    with pytest.raises(AssertionError):
        compare(FULLY_CONNECTED, "dsp", graph)


def compare(kernel, name, graph):
    """Run a variant on inputs at both ends and between, and compare with the reference."""
    variant = next(v for v in kernel.variants if v.name == name)
    node = only_node(graph)
    for x in extremes_and_noise(np.random.default_rng(2), graph.inputs[0].type.shape):
        (wanted,) = Reference(graph).run((x,))
        np.testing.assert_array_equal(Run(kernel, variant, node, {"x": x}).all(), wanted)
