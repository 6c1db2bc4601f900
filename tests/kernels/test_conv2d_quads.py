"""Convolution by quads of channels: where it holds, what it refuses, and its assembly."""

import numpy as np
import pytest
from harness import only_node
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_conv2d_pairs import (
    PAIRS,
    add,
    check_on_the_host,
    chosen,
    constant_input,
    graph_of,
    layer,
    ones,
    results,
)

from milliwatt.emit import make_library
from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.kernels.nn.conv2d import quads
from milliwatt.kernels.nn.conv2d.kernel import CONV2D
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

QUADS = next(v for v in CONV2D.variants if v.name == "dsp_quads")
NARROW = next(v for v in CONV2D.variants if v.name == "dsp_quads_narrow")
CUT = Quant((1.0,), -128)  # what is below 0.0 is cut off


def test_the_stream_worked_by_hand():
    weights = np.array([[1, 2, 3, -4], [5, -6, 7, 8], [9, 10, 11, 12]]).reshape(3, 1, 1, 4)
    graph = layer(weights, [100, 200, 300], scale=2.0**-9, out=CUT)  # mantissa 2**30, shift -8
    stream = quads.constants(only_node(graph))["filters"]
    assert stream.shape == (1, 4 + 4 + 5)
    low, high = 100 + 7 * 2, 200 + 7 * 14  # the input's zero point is -7
    biases = [256 * high + low, low, 300 + 7 * 42, 300 + 7 * 42]
    halves = [256 * 5 + 1, 256 * -6 + 2, 256 * 7 + 3, 256 * 8 - 4]
    words = [(halves[2] << 16) + (halves[0] & 0xFFFF), (halves[3] << 16) + (halves[1] & 0xFFFF)]
    # no fourth channel: zeros, and a multiplier of zero
    shifts = 7 | (7 + 7) << 8 | 7 << 16 | 7 << 24
    both = [words[0], 11 << 16 | 9, words[1], 12 << 16 | 10]
    assert stream[0].tolist() == [*biases, *both, shifts, 2**30, 2**30, 2**30, 0]


@pytest.mark.parametrize("right", [15, 16])
def test_the_largest_shift_is_covered(right):
    # a multiplier of 2**30 / 2**31 and a shift of `right`; sums up to 128 * 2**right and beyond
    graph = layer(ones(4, 4, 127), 2 ** (right + 5), scale=2.0 ** -(right + 1), out=CUT)
    assert chosen(graph) == "dsp_quads"
    for x in (-128, -7, 0, 100, 127):
        computed, wanted = results(graph, QUADS, constant_input(graph, x))
        np.testing.assert_array_equal(computed, wanted)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"out": Quant((1.0,), -127)}, "what is below 0.0 does not saturate"),
        ({"clip": (-100, 127)}, "it is cut off higher up"),
        ({"clip": (-128, 100)}, "it is cut off at the top"),
        ({"scale": 2.0**-18, "bias": 2**21}, "255 * 2**(right + 6) leaves 2**30"),
        ({"scale": 2.0**-17, "bias": [0, 2**23, 0, 0]}, "the high sum leaves 24 bits"),
    ],
)
def test_refuses_what_would_go_wrong(change, why):
    graph = layer(ones(4, 4), **{"out": CUT, "bias": 0, "scale": 2.0**-9, **change})
    assert not QUADS.covers(only_node(graph)), why
    assert chosen(graph) in {"dsp_pairs", "dsp"}


@pytest.mark.parametrize("change", [{"out": Quant((1.0,), 5)}, {"clip": (-128, -100)}])
def test_what_it_refuses_would_be_wrong(change):
    graph = layer(ones(4, 4), bias=4000, **{"out": CUT, "scale": 2.0**-6, **change})
    computed, wanted = results(graph, QUADS, constant_input(graph, 100))
    assert (computed != wanted).any()
    computed, wanted = results(graph, PAIRS, constant_input(graph, 100))
    np.testing.assert_array_equal(computed, wanted)


def test_the_limit_of_the_shift_is_needed(monkeypatch):
    # 255 * 2**(26 + 6) leaves 32 bits; sums of 2**22 give an output of 0 above the zero point
    graph = layer(ones(4, 4), 2**22, scale=2.0**-23, out=CUT)
    assert not QUADS.covers(only_node(graph))
    monkeypatch.setattr(quads, "MOST_RIGHT", 40)
    assert QUADS.covers(only_node(graph))
    computed, wanted = results(graph, QUADS, constant_input(graph, 127))
    assert (computed[..., 0::2] == wanted[..., 0::2]).all()
    assert (computed[..., 1::2] != wanted[..., 1::2]).all()


@pytest.mark.parametrize("scale", [2.0**-7, 2.0**-9, 0.3 * 2.0**-8, 0.9 * 2.0**-5])
def test_every_sum_around_zero_is_rounded_as_the_reference_does(scale):
    weights = np.zeros((4, 1, 1, 4), np.int8)
    weights[:, 0, 0, 0], weights[:, 0, 0, 1] = 1, [127, 127, -127, -127]
    graph = layer(weights, 0, scale=float(np.float32(scale)), x=(256, 256), out=CUT)
    x = np.zeros((1, 256, 256, 4), np.int8)
    x[0, :, :, 0] = np.arange(-128, 128)[:, np.newaxis]
    x[0, :, :, 1] = np.arange(-128, 128)[np.newaxis, :]
    computed, wanted = results(graph, QUADS, x)
    np.testing.assert_array_equal(computed, wanted)
    assert set(np.unique(wanted)) >= {-128, -127, -126}


@st.composite
def convolutions(draw):
    """Draw a convolution that quads cover, with every kind of row, remainder and border."""
    c, c_out = draw(st.integers(1, 13)), draw(st.integers(1, 9))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    image = draw(st.tuples(st.integers(4, 9), st.integers(1, 11)))
    op = Conv2d(
        out=Quant((0.75,), -128),
        stride=draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        pad=draw(st.tuples(*[st.integers(0, 4)] * 4)),
        dilation=draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (1, 2)])),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    try:
        return graph_of(rng, (1, *image, c), kernel, c_out, op)
    except ShapeMismatch as e:
        assume("larger than the padded image" not in str(e))
        raise


@settings(max_examples=100, deadline=None)
@given(graph=convolutions(), seed=st.integers(0, 2**32 - 1))
def test_equals_the_reference_on_the_host(graph, seed):
    assert QUADS.covers(only_node(graph))
    check_on_the_host(graph, QUADS, seed)


SHAPES = (
    # window, channels, stride, padding at left and right, dilation
    ((1, 1), 2, 1, (0, 0), 1),
    ((1, 1), 8, 2, (0, 0), 1),
    ((3, 3), 3, 2, (0, 1), 1),
    ((2, 1), 1, 1, (0, 0), 1),
    ((5, 4), 4, 2, (1, 1), 1),
    ((3, 2), 6, 1, (3, 2), 1),
    ((1, 3), 7, 1, (1, 1), 2),
    ((2, 2), 5, 3, (2, 0), 1),
)


def many_convolutions() -> Graph:
    """Convolutions of one input: many numbers of steps and rests, of pixels and of channels."""
    rng = np.random.default_rng(5)
    b = Builder("many")
    outputs = []
    for width, c in ((1, 4), (2, 7), (5, 8), (7, 3), (9, 24), (8, 36), (5, 1), (4, 2)):
        x = b.input(f"x{width}_{c}", TensorType((1, 5, width, c), DType.S8, Quant((1.0,), -3)))
        for i, (kernel, c_out, stride, (left, right), dilation) in enumerate(SHAPES):
            if (kernel[1] - 1) * dilation >= width + left + right:
                continue
            pad = (kernel[0] // 2, kernel[0] // 2, left, right)
            op = Conv2d(CUT, stride=(1, stride), pad=pad, dilation=(1, dilation))
            outputs.append(add(b, rng, f"y{width}_{c}_{i}", x, kernel, c_out, op))
    for c, kernel, stride in ((4, 1, 1), (7, 3, 2), (64, 1, 1), (3, 4, 1)):  # pairs of rows
        x = b.input(f"signal{c}", TensorType((1, 11, 1, c), DType.S8, Quant((1.0,), -3)))
        op = Conv2d(CUT, stride=(stride, 1), pad=(1, 1, 0, 0) if kernel > 1 else (0, 0, 0, 0))
        outputs.append(add(b, rng, f"z{c}", x, (kernel, 1), 6, op))
    return b.build(*outputs)


@st.composite
def signals(draw):
    """Draw a convolution whose rows are one pixel wide, which is taken in pairs of rows."""
    c, c_out, kernel = (draw(st.integers(1, n)) for n in (13, 9, 5))
    rows = draw(st.integers(5, 12))
    op = Conv2d(
        out=Quant((0.75,), -128),
        stride=(draw(st.integers(1, 3)), 1),
        pad=(draw(st.integers(0, 4)), draw(st.integers(0, 4)), 0, 0),
        dilation=(draw(st.sampled_from([1, 1, 2])) if kernel < 3 else 1, 1),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return graph_of(rng, (1, rows, 1, c), (kernel, 1), c_out, op)


@settings(max_examples=60, deadline=None)
@given(graph=signals(), seed=st.integers(0, 2**32 - 1))
def test_rows_of_one_pixel_equal_the_reference_on_the_host(graph, seed):
    assume(only_node(graph).output.type.rows > 1)
    assert NARROW.covers(only_node(graph))
    check_on_the_host(graph, NARROW, seed)


@pytest.mark.parametrize(
    ("kernel", "width", "changes", "covered"),
    [
        ((1, 1), 1, {}, True),
        ((2, 3), 3, {}, True),
        ((2, 3), 4, {"stride": (1, 2)}, True),
        ((2, 2), 1, {"pad": (0, 0, 0, 1)}, False),
        ((2, 2), 1, {"pad": (0, 0, 1, 0)}, False),
        ((2, 2), 3, {"dilation": (1, 2)}, False),
        ((2, 1), 2, {}, False),
        ((5, 1), 1, {}, False),
    ],
)
def test_narrow_rows_are_one_pixel_from_within(kernel, width, changes, covered):
    op = Conv2d(CUT, **changes)
    graph = graph_of(np.random.default_rng(1), (1, 5, width, 3), kernel, 4, op)
    assert NARROW.covers(only_node(graph)) == covered
    assert chosen(graph) == ("dsp_quads_narrow" if covered else "dsp_quads")


def test_pairs_of_rows_are_taken_and_lent_more_only_where_a_plan_runs_whole():
    rng = np.random.default_rng(3)
    b = Builder("signal")
    y = b.input("x", TensorType((1, 12, 1, 8), DType.S8, Quant((1.0,), -3)))
    for name in ("first", "second"):
        y = add(b, rng, name, y, (3, 1), 8, Conv2d(CUT))
    graph, cpu = b.build(y), load_board("nrf52840").cpu
    one, two = (NARROW.lent_bytes(graph.nodes[0], rows) for rows in (1, 2))
    assert two == 2 * one == 2 * NARROW.scratch_bytes(graph.nodes[0])
    scratch = {}
    for schedule in (whole, by_rows):
        plan = make_plan(graph, cpu, schedule)
        names = {call.variant.name for call in plan.calls}
        assert names == {"dsp_quads_narrow" if schedule is whole else "dsp_quads"}
        held = [x.bytes for x in plan.lifetimes if x.name == "first (scratch)"]
        scratch[schedule] = held, plan.calls[0].rows_per_call
    assert scratch == {whole: ([two], 4), by_rows: ([one], 4)}


@pytest.mark.parametrize("board", ["nrf52840", "stm32h743", "stm32u575"])  # M4F, M7, M33
@pytest.mark.parametrize("schedule", [whole, by_rows], ids=["whole", "by_rows"])
def test_the_assembly_equals_the_reference(schedule, board, tmp_path):
    graph, target = many_convolutions(), load_board(board)
    plan = make_plan(graph, target.cpu, schedule)
    assert {call.variant.name for call in plan.calls} == {"dsp_quads", "dsp_quads_narrow"}
    runner = EmulatedRunner(plan, make_library(plan, target, "many", "many"), target, tmp_path)
    rng = np.random.default_rng(1)
    for _ in range(3):
        inputs = tuple(rng.integers(-128, 128, v.type.shape).astype(np.int8) for v in graph.inputs)
        for ours, wanted in zip(runner.run(inputs), Reference(graph).run(inputs), strict=True):
            np.testing.assert_array_equal(ours, wanted)
