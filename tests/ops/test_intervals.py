"""Bounds hold for every input, are reached where nothing is lost, and give up where int32 wraps."""

import numpy as np
import pytest
from graphs import Grower
from hypothesis import given, settings
from hypothesis import strategies as st
from worked import s8

from milliwatt.ir import Builder, DType, Graph, Kind, Quant, TensorType
from milliwatt.ops.intervals import accumulator_bounds, intervals
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import Table
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference

UNIT = Quant((1.0,), 0)
S32 = DType.S32


def conv(w, bias, x, out=UNIT, *, w_scale=1.0, **attributes) -> Graph:
    """A convolution with filters ``w`` of scale ``w_scale``."""
    b = Builder("conv")
    image = b.input("x", x)
    w = np.array(w, np.int8)
    scales = Quant((float(np.float32(w_scale)),) * len(w), 0, 0)
    weights = b.constant("w", TensorType(w.shape, DType.S8, scales), w)
    biases = b.constant("b", TensorType((len(w),), S32), np.array(bias, np.int32))
    return b.build(b.node("y", Conv2d(out, **attributes), image, weights, biases))


@pytest.mark.parametrize("seed", range(60))
def test_what_a_graph_computes_is_within_its_bounds(seed):
    graph = Grower(seed).grow()
    known = intervals(graph)
    reference = Reference(graph)
    rng = np.random.default_rng(seed)
    samples = sample_inputs(graph, 8, seed)
    ends = [
        tuple(rng.choice(v.type.dtype.limits, v.type.shape) for v in graph.inputs) for _ in range(8)
    ]
    for sample in (*samples, *(tuple(e.astype(np.int8) for e in s) for s in ends)):
        for name, result in reference.trace(sample).items():
            bounds = known[graph.values[name]]
            assert bounds.low.dtype == bounds.high.dtype == result.dtype
            assert (bounds.low <= result).all(), name
            assert (result <= bounds.high).all(), name


def test_a_sum_by_hand():
    # zero point -1: x - zx is -127 to 128; 2 * x0 - 3 * x1 + 10
    graph = conv([[[[2, -3]]]], [10], s8((1, 1, 1, 2), zero=-1))
    low, high = accumulator_bounds(graph.nodes[0], intervals(graph))
    assert (low.tolist(), high.tolist()) == ([-254 - 384 + 10], [256 + 381 + 10])


def test_padding_adds_nothing_place_by_place():
    b = Builder("pad")
    b.input("x", s8((1, 1)))
    held = s8((1, 3, 3, 1), zero=2)
    image = b.constant("image", held, np.full((1, 3, 3, 1), 5, np.int8))
    w = b.constant(
        "w", TensorType((1, 3, 3, 1), DType.S8, Quant((1.0,), 0, 0)), np.ones((1, 3, 3, 1), np.int8)
    )
    bias = b.constant("b", TensorType((1,), S32), np.zeros(1, np.int32))
    graph = b.build(b.node("y", Conv2d(UNIT, pad=(1, 1, 1, 1)), image, w, bias))
    bounds = intervals(graph)[graph.outputs[0]]
    assert bounds.exact
    # three above the zero point, times the taps inside: 4 in corners, 6 at edges, 9 in the middle
    assert bounds.low[0, :, :, 0].tolist() == [[12, 18, 12], [18, 27, 18], [12, 18, 12]]


@pytest.mark.parametrize(("bias", "wanted"), [(2**31 - 128, (9, 9)), (2**31 - 127, (-5, 9))])
def test_a_sum_that_may_wrap_gives_the_whole_clip(bias, wanted):
    """127 on top of the bias is the largest int32, or one more."""
    graph = conv([[[[1]]]], [bias], s8((1, 1, 1, 1)), w_scale=0.25, clip=(-5, 9))
    low, high = intervals(graph)[graph.outputs[0]].channels()
    assert (low.item(), high.item()) == wanted


@pytest.mark.parametrize(("bias", "wanted"), [(-(2**29) + 128, (-128, 127)), (2**25, (127, 127))])
def test_a_left_shift_that_may_wrap_gives_the_whole_clip(bias, wanted):
    """Multiplier 8 is a mantissa of 2**30 shifted left by 4: 2**25 + 127 fits, -2**29 does not."""
    graph = conv([[[[1]]]], [bias], s8((1, 1, 1, 1)), w_scale=8.0)
    low, high = intervals(graph)[graph.outputs[0]].channels()
    assert (low.item(), high.item()) == wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_bounds_of_a_layer_are_reached(seed):
    """The input that takes each weight's worse end is a possible one, so bounds are no wider."""
    rng = np.random.default_rng(seed)
    b = Builder("reached")
    x = b.input("x", s8((1, 7), zero=int(rng.integers(-128, 128))))
    w = rng.integers(-128, 128, (3, 7)).astype(np.int8)
    w_value = b.constant("w", TensorType((3, 7), DType.S8, Quant((1.0,) * 3, 0, 0)), w)
    bias = b.constant("b", TensorType((3,), S32), rng.integers(-(2**15), 2**15, 3).astype(np.int32))
    out = Quant((float(rng.choice([64.0, 512.0, 4096.0])),), int(rng.integers(-128, 128)))
    graph = b.build(b.node("y", FullyConnected(out), x, w_value, bias))
    low, high = intervals(graph)[graph.outputs[0]].channels()
    for o in range(3):
        least = np.where(w[o] > 0, -128, 127).astype(np.int8)[None]
        assert Reference(graph).run((least,))[0][0, o] == low[o]
        assert Reference(graph).run((-1 - least,))[0][0, o] == high[o]


def two(op) -> Graph:
    b = Builder("two")
    return b.build(b.node("y", op, *(b.input(name, s8((1, 1))) for name in "ab")))


def test_differences_and_products_take_the_right_ends():
    # -128 - 127 and back, over four: -63.75 and 63.75
    difference = two(Sub(Quant((4.0,), 0)))
    low, high = intervals(difference)[difference.outputs[0]].channels()
    assert (low.item(), high.item()) == (-64, 64)
    # -128 * 127 / 128 = -127, -128 * -128 / 128 = 128 which saturates
    product = two(Mul(Quant((128.0,), 0)))
    low, high = intervals(product)[product.outputs[0]].channels()
    assert (low.item(), high.item()) == (-127, 127)


def test_a_table_is_searched_between_the_bounds():
    entries = [0] * 256
    entries[128 + 3], entries[128 + 5], entries[128 + 90] = -7, 11, 100
    graph = conv([[[[1]]]], [0], s8((1, 1, 1, 1)), clip=(2, 50))
    b = Builder("table")
    x = b.input("x", s8((1, 1, 1, 1)))
    w, bias = graph.nodes[0].inputs[1:]
    y = b.node("y", graph.nodes[0].op, x, w, bias)
    graph = b.build(b.node("t", Table(UNIT, tuple(entries)), y))
    low, high = intervals(graph)[graph.outputs[0]].channels()
    assert (low.item(), high.item()) == (-7, 11)


def test_requantisation_narrows():
    b = Builder("narrow")
    x = b.input("x", s8((1, 4), scale=0.5))
    graph = b.build(b.node("y", Requantize(Quant((2.0,), 3), DType.S8), x))
    low, high = intervals(graph)[graph.outputs[0]].channels()
    assert set(zip(low.tolist(), high.tolist(), strict=True)) == {(-29, 35)}  # -32 + 3, 31.75 + 3


def test_what_is_not_known_is_everything():
    b = Builder("unknown")
    x = b.input("x", s8((1, 4)))
    real = b.node("real", Dequantize(), x)
    held = b.variable("held", s8((1, 4)), np.zeros((1, 4), np.int8))
    graph = b.build(b.node("y", Softmax(), x), b.node("z", Sub(UNIT), x, held), real)
    known = intervals(graph)
    assert known[real] is None
    for name in ("y", "held", "x"):
        low, high = known[graph.values[name]].channels()
        assert set(zip(low.tolist(), high.tolist(), strict=True)) == {(-128, 127)}
    assert graph.values["held"].kind is Kind.VARIABLE
