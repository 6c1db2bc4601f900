"""Tables of steps hold as many layers and rows as a plan has."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.emit import write_model
from milliwatt.emit.order import Order, find_order
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.plan import by_rows, make_plan
from milliwatt.project.compile import build, prove_all
from milliwatt.project.model import Model
from milliwatt.project.optimize import Goal, Optimize
from milliwatt.project.samples import sample_inputs
from milliwatt.targets import load_cpu

QUANT = Quant((0.5,), 3)


def pools(layers: int, rows: int, pad: int = 0) -> Graph:
    """Return as many pools over two rows, one behind the other, as a plan by rows interleaves."""
    b = Builder("pools")
    y = b.input("x", TensorType((1, rows, 1, 1), DType.S8, QUANT))
    for i in range(layers):
        y = b.node(f"pool {i}", MaxPool2d(QUANT, (2, 1), (1, 1), (pad, 0, 0, 0)), y)
    return b.build(y)


def source(graph: Graph) -> str:
    return write_model(make_plan(graph, load_cpu("cortex-m4f"), by_rows), "pools", "pools").source


def test_a_byte_for_a_layer_where_that_is_enough():
    text = source(pools(3, 6))
    assert "static const uint8_t order[" in text
    assert "uint8_t next[3]" in text


def test_two_bytes_for_a_layer_beyond():
    text = source(pools(258, 262))
    assert "static const uint16_t order[" in text
    assert "const uint16_t *order" in text


@given(st.lists(st.integers(0, 3), max_size=6), st.integers(0, 400), st.lists(st.integers(0, 3)))
def test_what_repeats_is_written_once_and_means_the_same(cycle, times, rest):
    codes = [4, *rest, *cycle * times, *reversed(rest)]
    assert unrolled(find_order(codes)) == codes


def test_a_cycle_by_hand():
    """Two hundred times 1 0 0, before and behind it a 2; the last repetition stays outside."""
    order = find_order([2, *[1, 0, 0] * 200, 2])
    assert (order.begin, order.length, order.times) == (1, 3, 199)
    assert order.codes == (2, 1, 0, 0, 1, 0, 0, 2)


@given(st.lists(st.integers(1, 3), max_size=5), st.integers(0, 400), st.lists(st.integers(1, 3)))
def test_a_cycle_of_arrivals_begins_with_one(between, times, rest):
    codes = [0, *rest, *[0, *between] * times, 0, *rest]
    order = find_order(codes, opening=0)
    assert unrolled(order) == codes
    if order.length:
        assert order.codes[order.begin] == order.codes[order.end] == 0


def unrolled(order: Order) -> list[int]:
    """Return the steps that an order stands for."""
    cycle = order.codes[order.begin : order.end]
    return [*order.codes[: order.begin], *cycle * order.times, *order.codes[order.end :]]


def test_long_signals_have_short_tables():
    """Five thousand rows of two layers: the table holds little more than a cycle."""
    text = source(pools(2, 5000))
    (size,) = re.findall(r"order\[(\d+)\] = ", text)
    assert int(size) < 20
    assert "for (int32_t i = 0; i < " in text


@pytest.mark.parametrize("push", [False, True])
def test_a_cycle_gives_the_same_bits(push):
    graph = pools(3, 700, pad=1)
    goal = Goal(push=True) if push else Goal(optimize=Optimize.RAM)
    compiled = build(Model("pools", graph), "nrf52840", goal)
    text = compiled.library.files["mw_pools.c"]
    assert ("round++" if push else "for (int32_t i = 0; i < 6") in text, "nothing was left out"
    prove_all(compiled, sample_inputs(graph, 3, 0))
