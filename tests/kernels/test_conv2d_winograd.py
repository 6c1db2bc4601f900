"""Winograd in integers: the identity by itself, where it is used, and that it pays."""

import numpy as np
import pytest
from graphs import random_graph
from harness import Run, only_node
from prove_graph import prove_plan
from test_kernels import reference

from milliwatt.emit import make_library
from milliwatt.ir import Array, Builder, DType, Graph, Quant, TensorType
from milliwatt.kernels import Option
from milliwatt.kernels.nn.conv2d import winograd
from milliwatt.kernels.nn.conv2d.kernel import CONV2D
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.plan import Preferences, by_rows, choose, least_ram, make_plan, whole
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.targets import load_board, load_cpu

ASKED = Preferences(options=Option.WINOGRAD)
M4F = load_cpu("cortex-m4f")
VARIANT = next(v for v in CONV2D.variants if v.option is Option.WINOGRAD)
SAME = (1, 1, 1, 1)
STEP = float(np.float32(0.0014))  # of weights: noise of int8 stays of int8, layer by layer


def convolution(
    shape: tuple[int, int, int] = (6, 8, 16),
    outputs: int = 5,
    kernel: tuple[int, int] = (3, 3),
    bias: int = 900,
    weights: Array | None = None,
    **attributes: object,
) -> Graph:
    """Return one convolution; noise as weights unless they are given."""
    b = Builder("convolution")
    x = b.input("x", TensorType((1, *shape), DType.S8, Quant((0.5,), -3)))
    w_type = TensorType((outputs, *kernel, shape[2]), DType.S8, Quant((2.0**-7,) * outputs, 0, 0))
    rng = np.random.default_rng(5)
    if weights is None:
        weights = rng.integers(-128, 128, w_type.shape).astype(np.int8)
    w = b.constant("w", w_type, weights)
    biases = np.full(outputs, bias, np.int32)
    given = b.constant("bias", TensorType((outputs,), DType.S32), biases)
    return b.build(
        b.node("y", Conv2d(**{"out": Quant((6.0,), 4), "pad": SAME, **attributes}), x, w, given)
    )


def test_the_identity():
    """Sixteen products and sums of them are a convolution, and what is halved is even."""
    rng = np.random.default_rng(1)
    b_turned = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    a_turned = np.array([[2, 1, 1, 0], [0, 1, -1, -2]])  # twice A'
    for _ in range(50):
        d, g = rng.integers(-128, 128, (4, 4)), rng.integers(-128, 128, (3, 3))
        products = (winograd.G @ g @ winograd.G.T) * (b_turned @ d @ b_turned.T)
        along_one_axis = a_turned @ products
        assert not (along_one_axis % 2).any()
        four_times = a_turned @ products @ a_turned.T
        windows = np.lib.stride_tricks.sliding_window_view(d, (3, 3))
        np.testing.assert_array_equal(four_times, 4 * (windows * g).sum(axis=(2, 3)))


@pytest.mark.parametrize("value", [-128, 127])
def test_the_largest_sums(value):
    """All weights and all inputs at a stop, and as many channels as there may be."""
    graph = convolution((3, 4, 64), 4, weights=np.full((4, 3, 3, 64), value, np.int8))
    node = only_node(graph)
    assert VARIANT.covers(node)
    for x in (-128, 127):
        arrays = {"x": np.full((1, 3, 4, 64), x, np.int8)}
        run = Run(CONV2D, VARIANT, node, arrays)
        np.testing.assert_array_equal(run.all(), reference(graph, arrays))


def test_every_unit_of_a_sum_counts():
    """Small sums, a third of them: one more or less in each cannot hide."""
    rng = np.random.default_rng(2)
    weights = rng.integers(-2, 3, (5, 3, 3, 12)).astype(np.int8)
    graph = convolution((7, 9, 12), bias=3, weights=weights, out=Quant((0.75 * 2.0**-6,), 1))
    arrays = {"x": rng.integers(-6, 7, (1, 7, 9, 12)).astype(np.int8)}
    wanted = reference(graph, arrays)
    assert len(np.unique(wanted)) > 50
    assert np.abs(wanted).max() < 127, "nothing is at a stop"
    run = Run(CONV2D, VARIANT, only_node(graph), arrays)
    np.testing.assert_array_equal(run.all(), wanted)


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(convolution(kernel=(5, 3)), id="5x3"),
        pytest.param(convolution(stride=(2, 1)), id="stride"),
        pytest.param(convolution(dilation=(1, 2)), id="dilation"),
        pytest.param(convolution((6, 8, 18)), id="channels not in fours"),
        pytest.param(convolution((6, 8, 68)), id="channels beyond the unrolled loop"),
        pytest.param(convolution((6, 8, 4)), id="too few channels"),
        pytest.param(convolution((6, 8, 64), 64), id="too much flash"),
        pytest.param(convolution(pad=(1, 1, 1, 3)), id="two tiles beside the image"),
        pytest.param(convolution(bias=1 << 30), id="sums beyond the short requantisation"),
        pytest.param(convolution(out=Quant((2.0**-10,))), id="scaled up"),
    ],
)
def test_what_is_not_covered(graph):
    assert not VARIANT.covers(only_node(graph))
    assert choose(only_node(graph), M4F, ASKED)[1] is not VARIANT


def test_only_where_it_is_asked_for():
    node = only_node(convolution())
    assert choose(node, M4F, ASKED)[1] is VARIANT
    assert choose(node, M4F)[1].option is Option.NONE
    assert choose(node, load_cpu("cortex-m3"), ASKED)[1].option is Option.NONE
    for seed in range(20):
        plan = make_plan(random_graph(seed), M4F)
        assert all(call.variant.option is Option.NONE for call in plan.calls)


def residual(height: int, width: int) -> Graph:
    """Two convolutions and a skip, twice: 16 channels, then 32 at half the size."""
    rng = np.random.default_rng(height)
    b = Builder("residual")
    quant = Quant((0.25,), 2)
    y = b.input("x", TensorType((1, height, width, 16), DType.S8, quant))
    for block, (c, stride) in enumerate(((16, 1), (32, 2))):
        skip = y
        for layer in ("a", "b"):
            step = (stride, stride) if layer == "a" else (1, 1)
            y = layer_3x3(b, rng, f"{block}{layer}", y, c, step, quant)
        if stride == 1:
            y = b.node(f"{block} sum", Add(quant), y, skip)
    return b.build(y)


def layer_3x3(b, rng, name, x, c_out, stride, quant):
    c = x.type.shape[3]
    w_type = TensorType((c_out, 3, 3, c), DType.S8, Quant((STEP,) * c_out, 0, 0))
    w = b.constant(f"w{name}", w_type, rng.integers(-127, 128, w_type.shape).astype(np.int8))
    bias_type = TensorType((c_out,), DType.S32)
    bias = b.constant(f"b{name}", bias_type, rng.integers(-900, 900, c_out).astype(np.int32))
    return b.node(name, Conv2d(out=quant, pad=SAME, stride=stride), x, w, bias)


@pytest.mark.parametrize("board", ["nrf52840", "stm32h743", "stm32u575"])
@pytest.mark.parametrize("size", [(9, 11), (8, 8)], ids=str)
@pytest.mark.parametrize("kind", ["whole", "single rows", "pairs of rows"])
def test_a_residual_network(kind, size, board):
    """Rows may come one by one, which is slow and exact, or in pairs as the kernel likes them."""
    target = load_board(board)
    schedule = {
        "whole": whole,
        "single rows": by_rows,
        "pairs of rows": least_ram(target.cpu, ASKED),
    }[kind]
    plan = prove_plan(residual(*size), target, schedule, on_board=True, preferences=ASKED)
    names = [call.variant.name for call in plan.calls]
    assert names.count(VARIANT.name) == 3


def test_it_pays(tmp_path):
    """Fewer instructions for the layers, and rows in pairs cost what the whole costs."""
    board = load_board("nrf52840")
    graph = residual(16, 16)
    counts = {}
    for key, schedule, asked in (
        ("plain", whole, Preferences()),
        ("whole", whole, ASKED),
        ("pairs", least_ram(board.cpu, ASKED), ASKED),
    ):
        plan = make_plan(graph, board.cpu, schedule, preferences=asked)
        library = make_library(plan, board, "net", "net")
        folder = tmp_path / key
        folder.mkdir()
        runner = EmulatedRunner(plan, library, board, folder)
        _, measured = runner.measure((np.zeros(graph.inputs[0].type.shape, np.int8),))
        counts[key] = [layer.instructions for layer in measured.layers]
    for i in (0, 1, 4):
        assert counts["whole"][i] < 0.75 * counts["plain"][i]
        assert counts["pairs"][i] < 1.02 * counts["whole"][i]


def test_a_column_of_outputs_reads_no_pixel_too_many():
    """The narrowest images: every tile leaves them."""
    for width in (1, 2, 3):
        graph = convolution((5, width, 8), 4)
        node = only_node(graph)
        pixels = np.arange(5 * width * 8, dtype=np.uint8).view(np.int8)
        arrays = {"x": pixels.reshape(1, 5, width, 8)}
        run = Run(CONV2D, VARIANT, node, arrays)
        np.testing.assert_array_equal(run.all(), reference(graph, arrays))
