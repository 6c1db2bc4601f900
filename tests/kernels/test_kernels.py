"""Every kernel variant computes what its operator means, bit for bit, for any range of rows."""

import numpy as np
import pytest
from cases import cases_of
from harness import Run, only_node
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from milliwatt.ir import Array, Graph, Special
from milliwatt.kernels import KERNELS

VARIANTS = [pytest.param(k, v, id=k.symbol(v)) for k in KERNELS for v in k.variants]


@pytest.mark.parametrize(("kernel", "variant"), VARIANTS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_matches_the_reference_for_every_range_of_rows(kernel, variant, data):
    graph, arrays = data.draw(cases_of(kernel))
    node = only_node(graph)
    assume(kernel.takes(node) and variant.covers(node))
    wanted = reference(graph, arrays)
    run = Run(kernel, variant, node, arrays)
    np.testing.assert_array_equal(run.all(), wanted)
    if run.rule is Special.WHOLE:
        return
    for ring in (False, True):
        for ranges in (steps(run.total, 1), steps(run.total, 2), data.draw(cuts(run.total))):
            np.testing.assert_array_equal(run.ranges(ranges, ring=ring), wanted)


def reference(graph: Graph, arrays: dict[str, Array]) -> Array:
    """Return what the operator's own definition gives."""
    node = only_node(graph)
    operands = tuple(arrays.get(v.name, v.data) for v in node.inputs)
    (y,) = node.op.evaluate(node.types, operands)
    assert y.shape == node.output.type.shape
    assert y.dtype == node.output.type.dtype.numpy
    return y


def steps(total: int, size: int) -> list[tuple[int, int]]:
    """Return ranges of ``size`` rows that cover ``total``."""
    return [(at, min(size, total - at)) for at in range(0, total, size)]


@st.composite
def cuts(draw: st.DrawFn, total: int) -> list[tuple[int, int]]:
    """Draw ranges of any size that cover ``total`` rows."""
    ends = sorted({*draw(st.sets(st.integers(1, total))), total})
    return [(a, b - a) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
