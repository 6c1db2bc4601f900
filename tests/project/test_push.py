"""Rows pushed one by one give the bits of the whole input, and of every window that slides."""

import numpy as np
import pytest
from graphs import random_graph
from prove_graph import EMULATED

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Array, Builder, DType, Graph, Quant, TensorType, Value
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.plan import PushKind, make_plan, make_push_plan, whole
from milliwatt.plan.push import sliding
from milliwatt.project.compile import build, prove_all
from milliwatt.project.model import Model
from milliwatt.project.optimize import Goal
from milliwatt.project.samples import sample_inputs
from milliwatt.targets import load_cpu

CPU = load_cpu("cortex-m4f")
QUANT = Quant((0.5,), 3)
PUSHED = [s for s in range(60) if len(random_graph(s).inputs) == 1][:24]


def conv(b: Builder, name: str, x: Value, kernel: int, stride: int, pad: int = 0) -> Value:
    """Add a convolution over ``kernel`` rows with noise for weights."""
    rng = np.random.default_rng(len(name) + kernel)
    c = x.type.shape[3]
    w_type = TensorType((4, kernel, 1, c), DType.S8, Quant((float(np.float32(0.02)),) * 4, 0, 0))
    w = b.constant(f"{name} w", w_type, rng.integers(-128, 128, w_type.shape).astype(np.int8))
    bias_type = TensorType((4,), DType.S32)
    bias = b.constant(f"{name} b", bias_type, rng.integers(-50, 50, 4).astype(np.int32))
    return b.node(name, Conv2d(QUANT, (stride, 1), (pad, pad, 0, 0)), x, w, bias)


def signal(rows: int, *, stride: int = 1, skip: bool = False) -> Graph:
    """Return a model of a signal without padding: convolutions, if wanted a skip, one result."""
    b = Builder("signal")
    x = b.input("x", TensorType((1, rows, 1, 4), DType.S8, QUANT))
    y = conv(b, "first", x, 3, stride)
    y = b.node("add", Add(QUANT), y, conv(b, "one", y, 1, 1)) if skip else y
    y = b.node("pool", MaxPool2d(QUANT, (2, 1), (stride, 1)), y)
    return b.build(conv(b, "last", y, y.type.rows, 1))


@pytest.mark.parametrize("seed", PUSHED)
def test_every_graph_can_be_pushed(seed):
    graph = random_graph(seed)
    board = EMULATED[seed % len(EMULATED)]
    compiled = build(Model(graph.name, graph), board, Goal(push=True))
    prove_all(compiled, sample_inputs(graph, 5, seed))


@pytest.mark.parametrize(("rows", "stride", "skip"), [(9, 1, False), (13, 2, False), (11, 1, True)])
@pytest.mark.parametrize("board", ["nrf52840", "rp2040", "esp32c3"])
def test_windows_slide(rows, stride, skip, board):
    graph = signal(rows, stride=stride, skip=skip)
    compiled = build(Model("signal", graph), board, Goal(push=True))
    push = compiled.plan.push
    assert push.kind is PushKind.SLIDING
    assert push.rows_per_result == stride * stride
    prove_all(compiled, sample_inputs(graph, 12, 0))


def test_what_is_new_is_all_that_is_computed():
    """In the steady state a row costs each layer one row, whatever the window's length."""
    costs = []
    for rows in (9, 17):
        graph = signal(rows)
        target = build(Model("signal", graph), "nrf52840", Goal(push=True)).target
        noise: Array = np.random.default_rng(0).integers(-128, 128, (40, 4)).astype(np.int8)
        costs.append([target.count_push(row) for row in noise][-1])
    # only the last layer reads as many rows as the window leaves: eight more of 4 x 4 products,
    # and as many row pointers, at well below 40 instructions a product
    assert costs[1] - costs[0] < 8 * 16 * 40


def test_padding_along_rows_cannot_slide():
    b = Builder("padded")
    x = b.input("x", TensorType((1, 8, 1, 4), DType.S8, QUANT))
    graph = b.build(conv(b, "same", x, 3, 1, pad=1))
    with pytest.raises(UnsupportedOp, match=r"'same' .* pads along rows \(SAME padding in time\)"):
        sliding(graph)
    plan = make_push_plan(graph, CPU)
    assert plan.push.kind is PushKind.IMAGE
    assert "'same'" in plan.push.why_not_sliding
    assert plan.push.rows_per_result == 8


def test_no_frame_buffer():
    """Of a tall image only the rows of the window are ever kept."""
    b = Builder("tall")
    x = b.input("x", TensorType((1, 64, 1, 4), DType.S8, QUANT))
    graph = b.build(b.node("pool", MaxPool2d(QUANT, (64, 1), (64, 1)), conv(b, "conv", x, 3, 1, 1)))
    plan = make_push_plan(graph, CPU)
    assert plan.stores[x].capacity == 3
    assert plan.arena_bytes < make_plan(graph, CPU, whole).arena_bytes


def test_what_the_small_counters_cannot_hold_is_refused():
    b = Builder("deep")
    y = b.input("x", TensorType((1, 3, 1, 1), DType.S8, QUANT))
    for i in range(255):
        y = b.node(f"pool {i}", MaxPool2d(QUANT, (1, 1), (1, 1)), y)
    with pytest.raises(UnsupportedOp, match=r"deep: 255 layers .* at most 254 layers"):
        make_push_plan(b.build(y), CPU)


def test_models_with_several_inputs_are_refused():
    b = Builder("two")
    type_ = TensorType((1, 4, 1, 4), DType.S8, QUANT)
    graph = b.build(b.node("add", Add(QUANT), b.input("x", type_), b.input("y", type_)))
    with pytest.raises(UnsupportedOp, match="models with one input and no state of their own"):
        make_push_plan(graph, CPU)
