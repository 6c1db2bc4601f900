"""Sums as one linear form: exact for every pair of operands, or not used."""

import numpy as np
import pytest
from harness import Run, only_node
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from milliwatt.ir import Builder, DType, Quant, TensorType
from milliwatt.kernels.linear_sum import linear_sum
from milliwatt.kernels.nn.add.kernel import ADD
from milliwatt.kernels.nn.sub.kernel import SUB
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.sub import Sub

INT8 = np.arange(-128, 128, dtype=np.int8)


def operand(scale: float, zero_point: int = 0) -> TensorType:
    """Return the type of every int8 there is, in one row."""
    return TensorType((1, 1 << 16), DType.S8, Quant((float(np.float32(scale)),), zero_point))


def every_pair(op, a: TensorType, b: TensorType):
    """Return what the linear variant computes of every pair of int8, and what is meant."""
    graph = Builder("pairs")
    x, y = graph.input("a", a), graph.input("b", b)
    node = only_node(graph.build(graph.node("y", op, x, y)))
    pairs = {"a": np.repeat(INT8, 256)[np.newaxis], "b": np.tile(INT8, 256)[np.newaxis]}
    kernel = ADD if isinstance(op, Add) else SUB
    linear = kernel.variants[0]
    assert linear.name == "linear"
    assert linear.covers(node)
    (wanted,) = op.evaluate((a, b), (pairs["a"], pairs["b"]))
    return Run(kernel, linear, node, pairs).all(), wanted


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from([Add, Sub]),
    ratios=st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9)),
    zero_points=st.tuples(*[st.integers(-128, 127)] * 3),
)
def test_every_pair_is_exact_where_there_is_a_form(kind, ratios, zero_points):
    op = kind(Quant((1.0,), zero_points[2]))
    a, b = (operand(r, z) for r, z in zip(ratios, zero_points[:2], strict=True))
    assume(linear_sum(op, *(TensorType((1,), DType.S8, t.quant) for t in (a, b))) is not None)
    computed, wanted = every_pair(op, a, b)
    np.testing.assert_array_equal(computed, wanted)


def test_the_sums_of_a_residual_network_have_a_form():
    # ratios as a trained ResNet-8 has them
    for a, b in ((0.77324, 2.04521), (0.84081, 2.12485), (0.65994, 1.70965)):
        computed, wanted = every_pair(Add(Quant((1.0,), -128)), operand(a, -128), operand(b, -17))
        np.testing.assert_array_equal(computed, wanted)


@pytest.mark.parametrize(
    ("op", "a", "b"),
    [
        (Add(Quant((1.0,)), clip=(0, 127)), 0.5, 0.25),  # it would not clamp
        (Add(Quant((0.0625,))), 0.5, 0.5),  # slopes of 8 * 2**22 times 128 leave 32 bits
    ],
)
def test_refuses_what_it_cannot_hold(op, a, b):
    assert linear_sum(op, operand(a), operand(b)) is None
