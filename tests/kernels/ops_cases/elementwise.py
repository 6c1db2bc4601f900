"""Cases of the elementwise operators: two operands that broadcast, and tabulated functions."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Builder, DType, TensorType
from milliwatt.ops.binary import Binary
from milliwatt.ops.nn.table import Table
from ops_cases.conv import Case, clips
from ops_cases.draw import contents, quants

REFUSED = ("do not broadcast", "are not those of the output", "alternate", "scales are too large")


@st.composite
def binary(draw: st.DrawFn, op: type[Binary]) -> Case:
    """Draw two operands, either broadcast along any axes, one at times a constant."""
    full = draw(full_shapes())
    a = TensorType(draw(broadcastable(full)), DType.S8, draw(quants()))
    b = TensorType(draw(broadcastable(full)), DType.S8, draw(quants()))
    graph = Builder("case")
    first = graph.input("a", a)
    arrays = {"a": draw(contents(a))}
    data = draw(contents(b))
    if draw(st.booleans()):
        second = graph.constant("b", b, data)
    else:
        second, arrays["b"] = graph.input("b", b), data
    operands = draw(st.permutations([first, second]))
    try:
        y = graph.node("y", op(draw(quants()), draw(clips())), *operands)
    except ShapeMismatch as e:
        assume(not any(why in str(e) for why in REFUSED))
        raise
    return graph.build(y), arrays


@st.composite
def table(draw: st.DrawFn, dtypes: tuple[DType, ...]) -> Case:
    """Draw a table of noise, to either type."""
    (dtype,) = dtypes
    x = TensorType(draw(full_shapes()), dtype, draw(quants(dtype)))
    to = draw(st.sampled_from([DType.S8, DType.U8]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low, high = to.limits
    entries = tuple(int(v) for v in rng.integers(low, high + 1, 256))
    b = Builder("case")
    y = b.node("y", Table(draw(quants(to)), entries, to), b.input("x", x))
    return b.build(y), {"x": draw(contents(x))}


@st.composite
def full_shapes(draw: st.DrawFn) -> tuple[int, ...]:
    """Draw a shape of one to four dimensions, mostly behind a batch of 1."""
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=3)))
    return (1, *shape) if draw(st.sampled_from([True, True, False])) else shape


@st.composite
def broadcastable(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Draw a shape that broadcasts to ``shape``: some axes 1, some in front missing."""
    kind = draw(st.sampled_from(["same", "ones", "missing", "scalar"]))
    if kind == "same":
        return shape
    if kind == "missing":
        return shape[draw(st.integers(0, len(shape) - 1)) :]
    if kind == "scalar":
        return (1,)
    return tuple(draw(st.sampled_from([1, n])) for n in shape)
