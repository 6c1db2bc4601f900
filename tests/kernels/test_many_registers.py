"""The kernels for cores with many registers: where they hold, and their bits on such a core.

Two sums lie in one register, so they rely on weights that are small together; their inner loops are
assembly, which no run on the host sees.
"""

import numpy as np
import pytest
from harness import Run, only_node
from hypothesis import given
from hypothesis import strategies as st
from layers import connected, convolution, depthwise, trying_inputs

from milliwatt.emit import make_library
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.kernels.nn.conv2d.triples import TRIPLE, triples
from milliwatt.kernels.nn.fully_connected.groups import LONGEST, group_lengths
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.plan.choose import candidates
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARD = load_board("esp32c3")
SEEDS = st.integers(0, 2**32 - 1)
MOST = 255  # times 128 is the greatest multiple of 128 below 2**15

GRAPHS = {
    "one tap": convolution((1, 1), 1, 1, 3, 40),
    "four filters": convolution((3, 3), 1, 4, 4, 40),
    "five filters": convolution((2, 2), 8, 5, 8, 40),
    "six filters": convolution((3, 3), 17, 6, 5, 40),
    "seven filters": convolution((1, 1), 16, 7, 6, 40),
    "heavy taps": convolution((3, 3), 5, 4, 7, 80),
    "one pixel": convolution((5, 3), 3, 9, 1, 40),
    "3x3": depthwise((3, 3), 5, 1, (-128, 127)),
    "3x3 by 2": depthwise((3, 3), 4, 2, (-7, 127)),
    "2x5": depthwise((2, 5), 6, 1, (-128, 20)),
    "eight outputs": connected(7, 8, 30),
    "sixteen outputs": connected(300, 16, 1),
    "fifty outputs": connected(30, 63, 20),
}


@pytest.mark.parametrize("schedule", [whole, by_rows], ids=["whole", "by_rows"])
@pytest.mark.parametrize("name", GRAPHS)
def test_the_core_gives_the_bits_of_the_reference(name, schedule, tmp_path):
    graph = GRAPHS[name]
    plan = make_plan(graph, BOARD.cpu, schedule)
    assert all(call.variant.name.startswith("many") for call in plan.calls)
    library = make_library(plan, BOARD, graph.name, graph.name)
    runner, reference = EmulatedRunner(plan, library, BOARD, tmp_path), Reference(graph)
    for x in trying_inputs(graph):
        (ours,), (wanted,) = runner.run((x,)), reference.run((x,))
        np.testing.assert_array_equal(ours, wanted)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_host_gives_the_same_bits_for_any_rows(name):
    graph = GRAPHS[name]
    node = only_node(graph)
    kernel, (variant, *_) = candidates(node, BOARD.cpu)
    for x in trying_inputs(graph):
        (wanted,) = Reference(graph).run((x,))
        run = Run(kernel, variant, node, {"x": x})
        np.testing.assert_array_equal(run.all(), wanted)
        rows = [(at, 1) for at in range(run.total)]
        np.testing.assert_array_equal(run.ranges(rows, ring=True), wanted)


@given(SEEDS, st.integers(1, 200), st.integers(1, 40), st.integers(0, 128))
def test_no_triple_of_taps_exceeds_half_a_register(seed, taps, filters, largest):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-largest, min(largest, 127), (filters, taps), np.int8, endpoint=True)
    places = triples(weights)
    assert len(set(places.tolist())) == taps
    sums = np.zeros((filters, places.max() // TRIPLE + 1), np.int64)
    np.add.at(sums.T, places // TRIPLE, np.abs(weights.astype(np.int64)).T)
    assert sums.max() <= MOST


@given(SEEDS, st.integers(1, 600), st.integers(1, 8), st.integers(0, 128))
def test_no_group_of_inputs_exceeds_half_a_register(seed, k, filters, largest):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-largest, min(largest, 127), (filters, k), np.int8, endpoint=True)
    lengths = list(group_lengths(weights))
    assert sum(lengths) == k
    assert 0 < min(lengths) <= max(lengths) <= LONGEST
    first = 0
    for length in lengths:
        magnitudes = np.abs(weights[:, first : first + length].astype(np.int64))
        assert magnitudes.sum(axis=1).max() <= MOST
        first += length


def alone(op: Conv2d | FullyConnected, weights: np.ndarray, x: tuple[int, ...]) -> Graph:
    """Return a layer with these weights, without biases."""
    b = Builder("alone")
    scales = tuple(2.0**-8 for _ in weights)
    w_type = TensorType(weights.shape, DType.S8, Quant(scales, 0, 0))
    w = b.constant("w", w_type, weights.astype(np.int8))
    bias_type = TensorType((len(weights),), DType.S32)
    bias = b.constant("bias", bias_type, np.zeros(len(weights), np.int32))
    x_value = b.input("x", TensorType(x, DType.S8, Quant((2.0**-6,))))
    return b.build(b.node("y", op, x_value, w, bias))


def variants_of(graph: Graph) -> list[str]:
    _, found = candidates(only_node(graph), BOARD.cpu)
    return [v.name for v in found]


def test_heavy_filters_go_to_the_next_variant():
    conv, connect = Conv2d(Quant((2.0**-2,))), FullyConnected(Quant((2.0**-2,)))
    for weight, first in ((127, "long"), (85, "many")):
        pixels = np.full((4, 1, 1, 60), weight)
        assert variants_of(alone(conv, pixels, (1, 2, 8, 60)))[0] == first
        outputs = np.full((8, 12), weight)
        assert variants_of(alone(connect, outputs, (1, 12)))[0] == first


@pytest.mark.parametrize("signs", [1, -1])
@pytest.mark.parametrize("end", [-128, 127])
def test_sums_at_the_bound_are_exact(signs, end):
    """Three times 85 is 255: the lower sum comes to 32640, the other pixel's to its opposite."""
    conv, connect = Conv2d(Quant((2.0**2,))), FullyConnected(Quant((2.0**2,)))
    rows = np.full((1, 2, 8, 12), end, np.int8)
    rows[:, :, 1::2] = -1 - end
    cases = (
        (alone(conv, np.full((4, 1, 1, 12), 85 * signs), rows.shape), rows),
        (alone(connect, np.full((8, 12), 85 * signs), (1, 12)), rows[0, 0, :1]),
    )
    for graph, x in cases:
        node = only_node(graph)
        kernel, (variant, *_) = candidates(node, BOARD.cpu)
        assert variant.label == "many"
        operands = tuple(x if v.data is None else v.data for v in node.inputs)
        (wanted,) = node.op.evaluate(node.types, operands)
        assert len(set(wanted.ravel().tolist())) == (2 if graph is cases[0][0] else 1)
        np.testing.assert_array_equal(Run(kernel, variant, node, {"x": x}).all(), wanted)
