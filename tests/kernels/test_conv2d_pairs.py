"""Convolution by pairs of channels: where it holds, what it refuses, and its assembly."""

import numpy as np
import pytest
from harness import Run, only_node
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from milliwatt.emit import make_library
from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.kernels.nn.conv2d import pairs
from milliwatt.kernels.nn.conv2d.kernel import CONV2D
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.plan import by_rows, choose, make_plan, whole
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

VARIANTS = {v.name: v for v in CONV2D.variants}
COLUMNS, PAIRS, PLAIN = (VARIANTS[name] for name in ("dsp_columns", "dsp_pairs", "dsp"))

CENTRED = Quant((1.0,), 3)


def layer(weights, bias=0, scale=2.0**-7, x=(3, 4), zero_point=-7, out=CENTRED, **attributes):
    """Return a graph of one convolution whose output scale is 1: ``scale`` is its multiplier."""
    weights = np.asarray(weights, np.int8)
    c_out, c = weights.shape[0], weights.shape[3]
    b = Builder("layer")
    image = b.input("x", TensorType((1, *x, c), DType.S8, Quant((1.0,), zero_point)))
    w_type = TensorType(weights.shape, DType.S8, Quant((scale,) * c_out, 0, 0))
    w = b.constant("w", w_type, weights)
    biases = np.broadcast_to(np.asarray(bias, np.int32), c_out).copy()
    added = b.constant("bias", TensorType((c_out,), DType.S32), biases)
    return b.build(b.node("y", Conv2d(out, **attributes), image, w, added))


def results(graph, variant, x):
    """Return what a variant computes, and what is meant."""
    node = only_node(graph)
    (wanted,) = Reference(graph).run((x,))
    return Run(CONV2D, variant, node, {"x": x}).all(), wanted


def constant_input(graph, value):
    """Return an input of one value."""
    return np.full(graph.inputs[0].type.shape, value, np.int8)


def chosen(graph):
    """Return the name of the variant that a Cortex-M4 gets."""
    return choose(only_node(graph), load_board("nrf52840").cpu)[1].name


def ones(c_out, depth, value=1):
    """Return equal weights of a single tap."""
    return np.full((c_out, 1, 1, depth), value)


# 2**23 - 1 at the input -128, or 127: the largest sums that the upper 24 bits hold
@pytest.mark.parametrize(
    ("x", "bias"), [(-128, 2**23 - 1 + 121 * 4), (127, -(2**23) + 1 - 134 * 4)]
)
def test_holds_up_to_the_last_bit(x, bias):
    graph = layer(ones(2, 4), [0, bias], scale=2.0**-17)
    bounds = pairs.dot_bounds(ones(2, 4), np.array([0, bias]), -7).magnitude
    assert bounds[1] >= 2**23, "other inputs reach further, so it is refused"
    assert chosen(graph) == "dsp"
    computed, wanted = results(graph, PLAIN, constant_input(graph, x))
    np.testing.assert_array_equal(computed, wanted)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_high_sum_just_below_the_limit_is_covered(sign):
    # sums from bias - 4 * 121 to bias + 4 * 134
    bias = 2**23 - 1 - 4 * 134 if sign > 0 else -(2**23) + 1 + 4 * 121
    graph = layer(ones(2, 4), [0, bias], scale=2.0**-17)
    assert chosen(graph) == "dsp_pairs"
    for x in (-128, 0, 127):
        computed, wanted = results(graph, PAIRS, constant_input(graph, x))
        np.testing.assert_array_equal(computed, wanted)


@pytest.mark.parametrize(
    ("weights", "bias", "scale", "why"),
    [
        (ones(2, 4), [0, 2**23], 2.0**-17, "the high sum leaves 24 bits"),
        (ones(2, 4), [2**30, 0], 2.0**-25, "twice the low sum leaves 32 bits"),
        (ones(2, 4), 0, 0.5, "nothing to shift"),
        (ones(2, 4), 0, 4.0, "it shifts left"),
        (ones(2, 4, -128), 0, 2.0**-7, "256 * -128 - 128 leaves 16 bits"),
    ],
)
def test_refuses_what_would_go_wrong(weights, bias, scale, why):
    graph = layer(weights, bias, scale)
    assert not PAIRS.covers(only_node(graph)), why
    assert chosen(graph) == "dsp"
    for x in (-128, -7, 100, 127):
        computed, wanted = results(graph, PLAIN, constant_input(graph, x))
        np.testing.assert_array_equal(computed, wanted)


def test_the_limit_of_the_high_sum_is_needed(monkeypatch):
    graph = layer(ones(2, 4), [0, 2**23], scale=2.0**-17)
    monkeypatch.setattr(pairs, "HIGH_LIMIT", 2**40)
    computed, wanted = results(graph, PAIRS, constant_input(graph, 127))
    assert (computed[..., 0] == wanted[..., 0]).all()
    assert (computed[..., 1] != wanted[..., 1]).all()


def test_the_stream_worked_by_hand():
    weights = np.array([[1, 2, 3, -4], [5, -6, 7, 8], [9, 10, 11, 12]]).reshape(3, 1, 1, 4)
    graph = layer(weights, [100, 200, 300], scale=2.0**-9)  # mantissa 2**30, shift -8
    stream = pairs.constants(only_node(graph))["filters"].reshape(2, 7).astype(np.int64)
    low, high = 100 + 7 * 2, 200 + 7 * 14  # the input's zero point is -7
    halves = [256 * 5 + 1, 256 * -6 + 2, 256 * 7 + 3, 256 * 8 - 4]
    words = [(halves[2] << 16) + (halves[0] & 0xFFFF), (halves[3] << 16) + (halves[1] & 0xFFFF)]
    scales = [2**30, 2**30, 7 << 8 | 7]
    assert stream[0].tolist() == [256 * high + low, low, *words, *scales]
    low = 300 + 7 * 42  # no fourth channel: zeros, and a multiplier of zero
    assert stream[1].tolist() == [low, low, 11 << 16 | 9, 12 << 16 | 10, 2**30, 0, 7]


@st.composite
def convolutions(draw):
    """Draw a convolution that pairs cover, with every kind of row, remainder and border."""
    c, c_out = draw(st.integers(1, 13)), draw(st.integers(1, 7))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    image = draw(st.tuples(st.integers(4, 9), st.integers(1, 11)))
    op = Conv2d(
        out=Quant((0.75,), draw(st.integers(-128, 127))),
        stride=draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        pad=draw(st.tuples(*[st.integers(0, 4)] * 4)),
        dilation=draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (1, 2)])),
        clip=draw(st.sampled_from([(-128, 127), (-128, 127), (-90, 100)])),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    try:
        return graph_of(rng, (1, *image, c), kernel, c_out, op)
    except ShapeMismatch as e:
        assume("larger than the padded image" not in str(e))
        raise


def graph_of(rng, x, kernel, c_out, op):
    """Return the graph of one convolution with random weights."""
    b = Builder("case")
    image = b.input("x", TensorType(x, DType.S8, Quant((1.0,), int(rng.integers(-128, 128)))))
    return b.build(add(b, rng, "y", image, kernel, c_out, op))


def add(b, rng, name, image, kernel, c_out, op):
    """Add a convolution with random weights and scales that make use of the output's range."""
    shape = (c_out, *kernel, image.type.shape[3])
    spread = 90 * 60 * np.sqrt(np.prod(shape[1:]))
    scales = tuple(float(s) for s in np.float32(rng.uniform(0.2, 1.0, c_out) * 100 / spread))
    w = b.constant(
        f"{name}_w",
        TensorType(shape, DType.S8, Quant(scales, 0, 0)),
        rng.integers(-127, 128, shape).astype(np.int8),
    )
    bias = b.constant(
        f"{name}_bias",
        TensorType((c_out,), DType.S32),
        rng.integers(-5000, 5000, c_out).astype(np.int32),
    )
    return b.node(name, op, image, w, bias)


@settings(max_examples=100, deadline=None)
@given(graph=convolutions(), seed=st.integers(0, 2**32 - 1))
def test_equals_the_reference_on_the_host(graph, seed):
    node = only_node(graph)
    assert PAIRS.covers(node)
    check_on_the_host(graph, PAIRS, seed)


@st.composite
def three_columns(draw):
    """Draw a convolution whose neighbouring pixels share columns."""
    c, c_out = 4 * draw(st.integers(1, 4)), draw(st.integers(1, 7))
    op = Conv2d(
        out=Quant((0.75,), draw(st.integers(-128, 127))),
        stride=(draw(st.integers(1, 3)), 1),
        pad=draw(st.tuples(*[st.integers(0, 4)] * 4)),
        dilation=(draw(st.integers(1, 2)), 1),
        clip=draw(st.sampled_from([(-128, 127), (-90, 100)])),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image, kernel = (draw(st.integers(5, 7)), draw(st.integers(4, 9))), (draw(st.integers(1, 3)), 3)
    return graph_of(rng, (1, *image, c), kernel, c_out, op)


@settings(max_examples=60, deadline=None)
@given(graph=three_columns(), seed=st.integers(0, 2**32 - 1))
def test_shared_columns_equal_the_reference_on_the_host(graph, seed):
    assert COLUMNS.covers(only_node(graph))
    check_on_the_host(graph, COLUMNS, seed)


def check_on_the_host(graph, variant, seed):
    """Compare all rows at once, and row by row through a ring, with the reference."""
    node = only_node(graph)
    x = np.random.default_rng(seed).integers(-128, 128, graph.inputs[0].type.shape).astype(np.int8)
    (wanted,) = Reference(graph).run((x,))
    run = Run(CONV2D, variant, node, {"x": x})
    np.testing.assert_array_equal(run.all(), wanted)
    for size in (1, 2):
        ranges = [(r, min(size, run.total - r)) for r in range(0, run.total, size)]
        np.testing.assert_array_equal(run.ranges(ranges, ring=True), wanted)


def many_convolutions() -> Graph:
    """Convolutions of one input: every number of steps up to 13, of pixels and of channels."""
    rng = np.random.default_rng(5)
    b = Builder("many")
    outputs = []
    for width, c in ((1, 4), (2, 7), (5, 8), (7, 3), (9, 24), (8, 4)):
        x = b.input(f"x{width}", TensorType((1, 5, width, c), DType.S8, Quant((1.0,), -3)))
        for i, (kernel, c_out) in enumerate(
            (
                ((1, 1), 2),
                ((1, 1), 5),
                ((3, 3), 3),
                ((2, 1), 1),
                ((5, 4), 4),
                ((3, 2), 2),
                ((1, 3), 4),
            )
        ):
            pad = (kernel[0] // 2, kernel[0] // 2, kernel[1] // 2, (kernel[1] - 1) // 2)
            op = Conv2d(out=Quant((0.75,), 4), pad=pad, stride=(1, 1 + i % 2))
            outputs.append(add(b, rng, f"y{width}_{i}", x, kernel, c_out, op))
    return b.build(*outputs)


@pytest.mark.parametrize("board", ["nrf52840", "stm32h743", "stm32u575"])  # M4F, M7, M33
@pytest.mark.parametrize("schedule", [whole, by_rows], ids=["whole", "by_rows"])
def test_the_assembly_equals_the_reference(schedule, board, tmp_path):
    graph, target = many_convolutions(), load_board(board)
    plan = make_plan(graph, target.cpu, schedule)
    assert {call.variant.name for call in plan.calls} == {"dsp_columns", "dsp_pairs"}
    runner = EmulatedRunner(plan, make_library(plan, target, "many", "many"), target, tmp_path)
    rng = np.random.default_rng(1)
    for _ in range(3):
        inputs = tuple(rng.integers(-128, 128, v.type.shape).astype(np.int8) for v in graph.inputs)
        for ours, wanted in zip(runner.run(inputs), Reference(graph).run(inputs), strict=True):
            np.testing.assert_array_equal(ours, wanted)
