"""A whole chain already runs a row at a time: the keyword model, bit-exact, in less RAM."""

import pytest
from prove_graph import prove_plan

import milliwatt
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.targets import load_board


@pytest.mark.parametrize("board", ["nrf52840", "rp2040"])
def test_the_keyword_model_by_rows(board, shared):
    graph = milliwatt.load(shared / "models" / "kws_ref_model.tflite").graph
    target = load_board(board)
    plan = prove_plan(graph, target, by_rows, on_board=True, samples=6)
    full = make_plan(graph, target.cpu, whole)
    rings = [s for v, s in plan.stores.items() if s.capacity < v.type.rows]
    assert len(rings) >= 8, "every convolution but the last writes into a ring"
    assert len(plan.steps) > 100
    assert plan.arena_bytes < full.arena_bytes / 2
