"""Padded models on a signal without end: what they mean, and that all that runs them agrees."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import random_graph
from prove_graph import EMULATED
from typer.testing import CliRunner

import milliwatt
from milliwatt.cli import app
from milliwatt.errors import Divergence, InputError, UnsupportedOp
from milliwatt.ir import Array, Builder, DType, Graph, Quant, TensorType, Value
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.plan import PushKind, make_push_plan
from milliwatt.plan import push as rules
from milliwatt.project.compile import build, prove_all
from milliwatt.project.endless import signal_of
from milliwatt.project.infer import execute
from milliwatt.project.model import Model
from milliwatt.project.optimize import Goal
from milliwatt.project.prove import same_bits
from milliwatt.project.samples import EDGES, sample_inputs
from milliwatt.run.endless import Endless
from milliwatt.run.reference import Reference
from milliwatt.targets import load_cpu

CPU = load_cpu("cortex-m4f")
QUANT = Quant((0.5,), 3)
SLIDE = Goal(push=True, slide=True)


def conv(b: Builder, name: str, x: Value, kernel: int, stride: int, pad: tuple[int, int]) -> Value:
    """Add a convolution over ``kernel`` rows with noise for weights."""
    rng = np.random.default_rng(len(name) + kernel)
    c = x.type.shape[3]
    w_type = TensorType((4, kernel, 1, c), DType.S8, Quant((float(np.float32(0.004)),) * 4, 0, 0))
    w = b.constant(f"{name} w", w_type, rng.integers(-128, 128, w_type.shape).astype(np.int8))
    bias_type = TensorType((4,), DType.S32)
    bias = b.constant(f"{name} b", bias_type, rng.integers(-50, 50, 4).astype(np.int32))
    return b.node(name, Conv2d(QUANT, (stride, 1), (*pad, 0, 0)), x, w, bias)


def dense(b: Builder, x: Value) -> Value:
    """Add a fully connected layer of two outputs."""
    rng = np.random.default_rng(5)
    scale = Quant((float(np.float32(0.03)),), 0)
    size = x.type.shape[-1]
    w = b.constant("dense w", TensorType((2, size), DType.S8, scale),
                   rng.integers(-128, 128, (2, size)).astype(np.int8))  # fmt: skip
    bias = b.constant("dense b", TensorType((2,), DType.S32), np.array([7, -9], np.int32))
    return b.node("dense", FullyConnected(QUANT), x, w, bias)


def body(b: Builder, rows: int, stride: int, *, skip: bool) -> Value:
    """Add padded layers: a convolution, pooling, a branch of its own where wanted."""
    x = b.input("x", TensorType((1, rows, 1, 4), DType.S8, QUANT))
    y = conv(b, "first", x, 3 + stride, stride, (stride, 2))
    y = b.node("max", MaxPool2d(QUANT, (3, 1), (1, 1), (1, 1, 0, 0)), y)
    if skip:
        deep = conv(b, "deeper", conv(b, "deep", y, 5, 1, (2, 2)), 3, 1, (1, 1))
        y = b.node("add", Add(QUANT), conv(b, "side", y, 1, 1, (0, 0)), deep)
    return b.node("average", AveragePool2d(QUANT, (2, 1), (stride, 1), (0, 1, 0, 0)), y)


def padded(rows: int = 12, stride: int = 1, *, skip: bool = False, mean: bool = False) -> Graph:
    """Return a classifier of a signal: padded layers, an average over all rows, classes."""
    b = Builder("padded")
    y = body(b, rows, stride, skip=skip)
    pool = Mean(QUANT, (1, 2), keep_dims=True) if mean else GlobalAveragePool(QUANT)
    y = b.node("pool", pool, y)
    return b.build(dense(b, b.node("flat", Reshape((1, 4)), y)))


def whole_signal(graph: Graph, signal: Array) -> list[tuple[int, ...]]:
    """Return all results from one graph that is given the signal at once.

    The graph is the model with longer tensors: nothing behind the last row, each sum a moving one.
    """
    b = Builder("long")
    new: dict[Value, Value] = {}
    (x,) = graph.inputs
    new[x] = b.input("x", replace(x.type, shape=(1, len(signal), *x.type.shape[2:])))
    for node in graph.nodes:
        op = node.op
        if isinstance(op, Conv2d | MaxPool2d | AveragePool2d):
            op = replace(op, pad=(op.pad[0], 0, *op.pad[2:]))
        if isinstance(op, GlobalAveragePool):
            op = AveragePool2d(op.out, node.types[0].shape[1:3])
        if isinstance(op, Add):  # of the longer branch the last rows have no partner
            least = min(new[v].type.rows for v in node.inputs)
            assert {v.type.rows for v in node.inputs} == {node.output.type.rows}
            for v in node.inputs:
                short = _first_rows(b, new[v], least)
                new[v] = short
        if isinstance(op, Reshape):
            op = Reshape((new[node.inputs[0]].type.rows, 4))
        new[node.output] = b.node(node.name, op, *(new.get(v, v) for v in node.inputs))
    long = b.build(new[graph.outputs[0]])
    (y,) = Reference(long).run((signal.reshape(long.inputs[0].type.shape),))
    return [tuple(row) for row in y.tolist()]


def _first_rows(b: Builder, v: Value, rows: int) -> Value:
    shape = (1, rows, *v.type.shape[2:])
    return b.node("rows", StridedSlice((0,) * 4, (1,) * 4, shape), v)


def noise(rows: int) -> Array:
    """Return a signal of 4 numbers a row."""
    return np.random.default_rng(2).integers(-128, 128, (rows, 4)).astype(np.int8)


@pytest.mark.parametrize(("stride", "skip"), [(1, False), (2, False), (1, True), (2, True)])
def test_the_definition_is_the_model_on_the_whole_signal_at_once(stride, skip):
    graph = padded(12, stride, skip=skip)
    signal, endless = noise(90), Endless(graph)
    results = [r for r in map(endless.push, signal) if r is not None]
    assert len(results) > 10
    wanted = whole_signal(graph, signal)
    assert [tuple(r[0].reshape(-1).tolist()) for r in results] == wanted
    assert len({*wanted}) > 5


@pytest.mark.parametrize("board", ["nrf52840", "rp2040", "esp32c3"])
@pytest.mark.parametrize(
    ("stride", "skip", "mean"),
    [(1, False, False), (2, False, True), (1, True, True), (2, True, False)],
)
def test_all_that_runs_agrees(stride, skip, mean, board):
    graph = padded(12, stride, skip=skip, mean=mean)
    compiled = build(Model("padded", graph), board, SLIDE)
    push = compiled.plan.push
    assert push.kind is PushKind.SLIDING
    assert push.endless
    assert push.rows_per_result == stride * stride
    slide = prove_all(compiled, sample_inputs(graph, 30, 0))
    assert slide.padded == push.padded
    assert "first" in slide.padded
    assert "pool" not in slide.padded
    assert 20 <= slide.windows <= 30
    assert slide.equal < slide.windows  # the borders show
    assert slide.largest_difference > 0


@pytest.mark.parametrize("seed", [19, 36, 40, 66, 85, 90, 96, 112, 121])
def test_random_graphs_agree(seed):
    """Of the first 150 random graphs 27 can slide; these pad, most of them with strides."""
    graph = random_graph(seed)
    compiled = build(Model(graph.name, graph), EMULATED[seed % len(EMULATED)], SLIDE)
    slide = prove_all(compiled, sample_inputs(graph, 8, seed))
    assert slide.windows >= 5
    assert slide.equal < slide.windows


def test_counters_pass_their_end_again_and_again():
    """A counter of one byte begins again behind the padding, for as long as anyone listens."""
    graph = padded(9, 2, skip=True)
    host = build(Model("padded", graph), "host", SLIDE).host
    endless = Endless(graph)
    for row in noise(1500):
        wanted, got = endless.push(row), host.push(row)
        assert (wanted is None) == (got is None)
        assert wanted is None or same_bits(wanted[0], got[0])


def test_without_padding_every_result_is_that_of_its_window():
    """Then an average over all rows is no obstacle either: it slides exactly."""
    b = Builder("valid")
    x = b.input("x", TensorType((1, 9, 1, 4), DType.S8, QUANT))
    graph = b.build(b.node("pool", GlobalAveragePool(QUANT), conv(b, "first", x, 3, 1, (0, 0))))
    compiled = build(Model("valid", graph), "nrf52840", SLIDE)
    slide = prove_all(compiled, sample_inputs(graph, 8, 0))
    assert slide.padded == ()
    assert slide.windows == slide.equal == 8
    assert "every result is that of the model on its window" in str(slide)


def test_the_steady_state_costs_new_rows_and_one_sum():
    """What padded layers cost in a push does not depend on how long the model's input is."""
    costs = []
    for rows in (12, 24):
        result = milliwatt.compile(Model("padded", padded(rows)), "nrf52840", goal=SLIDE, samples=4)
        costs.append(result.push.instructions_per_row)
    # the sum is taken anew: 12 more rows of 4 numbers, each well below 40 instructions
    assert 0 < costs[1] - costs[0] < 12 * 4 * 40


def test_what_differs_is_measured():
    """Of the last sample's window: the same figures as by hand."""
    graph = padded()
    result = milliwatt.compile(Model("padded", graph), "nrf52840", goal=SLIDE, samples=9)
    samples = sample_inputs(graph, 9, 0)
    signal, endless, reference = signal_of(graph, samples), Endless(graph), Reference(graph)
    results = [r[0] for r in map(endless.push, signal) if r is not None]
    pairs = [(reference.run(s)[0], results[12 * i]) for i, s in enumerate(samples[:-1])]
    slide = result.slide
    assert slide.windows == len(pairs)
    assert slide.equal == sum(same_bits(a, b) for a, b in pairs)
    apart = max(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in pairs)
    assert slide.largest_difference == apart > 0
    assert result.to_json()["slide"]["largest_difference"] == apart
    assert f"the largest difference is {apart} steps" in str(slide)


def test_run_takes_all_inputs_as_one_signal():
    graph = padded()
    inputs = np.concatenate([s[0] for s in sample_inputs(graph, EDGES + 6, 1)])[:, np.newaxis]
    outputs, result = execute(Model("padded", graph), "nrf52840", inputs, goal=SLIDE)
    endless = Endless(graph)
    wanted = [r[0].reshape(-1) for r in map(endless.push, inputs.reshape(-1, 4)) if r is not None]
    assert np.array_equal(outputs, np.stack(wanted))
    assert len(outputs) > len(inputs)
    assert result.slide.windows >= 5


def test_a_wrong_result_is_found(monkeypatch):
    """A push that pads in the middle of the signal, as if counters began at 0 again."""
    monkeypatch.setattr(rules, "_rows_before", lambda _: 0)
    graph = padded(9)
    compiled = build(Model("padded", graph), "host", SLIDE)
    with pytest.raises(Divergence, match=r"row \d+: output 'dense' on the host differs"):
        prove_all(compiled, sample_inputs(graph, 16, 0))


def odd() -> tuple[Builder, Value]:
    """Begin a graph that cannot slide."""
    b = Builder("odd")
    return b, b.input("x", TensorType((1, 8, 1, 4), DType.S8, QUANT))


def test_rows_of_a_graphs_own_are_refused():
    b, x = odd()
    y = b.node("fill", Pad(((0, 0), (1, 1), (0, 0), (0, 0)), 9), x)
    graph = b.build(b.node("pool", GlobalAveragePool(QUANT), y))
    said = r"odd cannot slide: layer 'fill' \(nn.pad\) adds rows .* leave --slide out"
    with pytest.raises(UnsupportedOp, match=said):
        make_push_plan(graph, CPU, endless=True)


def test_signals_joined_end_to_end_are_refused():
    b, x = odd()
    y = b.node("join", Concatenation(1), x, x)
    graph = b.build(b.node("pool", GlobalAveragePool(QUANT), y))
    with pytest.raises(UnsupportedOp, match=r"'join' \(nn.concatenation\) adds rows of its own"):
        make_push_plan(graph, CPU, endless=True)


def test_more_padding_than_window_is_refused():
    b, x = odd()
    graph = b.build(b.node("pool", GlobalAveragePool(QUANT), conv(b, "far", x, 2, 1, (2, 0))))
    with pytest.raises(UnsupportedOp, match=r"'far' .* pads 2 rows before a window of 2; wanted"):
        make_push_plan(graph, CPU, endless=True)


def test_a_view_across_rows_is_refused():
    b, x = odd()
    y = b.node("flat", Reshape((1, 32)), conv(b, "conv", x, 3, 1, (1, 1)))
    with pytest.raises(UnsupportedOp, match=r"layer 'flat' \(nn.reshape\) gives its input another"):
        make_push_plan(b.build(dense(b, y)), CPU, endless=True)


def test_the_option_needs_pushed_rows(tmp_path):
    model = tmp_path / "model.tflite"
    model.write_bytes(b"")
    done = CliRunner().invoke(app, ["compile", str(model), "--board", "nrf52840", "--slide"])
    assert isinstance(done.exception, InputError)
    assert "--slide says what pushed rows mean; add --push" in str(done.exception)


def test_the_header_says_what_results_are():
    graph = padded()
    slid = build(Model("padded", graph), "host", SLIDE).library.files["mw_padded.h"]
    assert "not those of the model on each window by itself" in slid
    by_image = build(Model("padded", graph), "host", Goal(push=True)).library.files["mw_padded.h"]
    assert "window by itself" not in by_image
