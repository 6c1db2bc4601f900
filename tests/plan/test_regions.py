"""The search over regions: optimal where it can be checked, never worse than the plain plans."""

from itertools import chain, combinations

import pytest
from graphs import random_graph

from milliwatt.ir import Graph, Kind, Special, Value
from milliwatt.plan import by_rows, least_ram, lower_bound, make_plan, play, whole
from milliwatt.plan.choose import choose
from milliwatt.plan.lifetimes import arena_spans
from milliwatt.plan.regions import EXHAUSTIVE_TENSORS, partitions
from milliwatt.targets import load_cpu

CPU = load_cpu("cortex-m4f")
BEYOND = 10  # tensors of the largest graphs searched by brute force: 1,024 partitions


def tensors(graph: Graph) -> list[Value]:
    return [v for v in graph.values.values() if v.kind is Kind.RESULT]


def need(graph: Graph, kept: frozenset[Value]) -> int:
    """Return the bytes alive at the worst step where ``kept`` are waited for."""
    variants = {
        i: choose(n, CPU)[1]
        for i, n in enumerate(graph.nodes)
        if n.op.rows(n.types) is not Special.VIEW
    }
    plays = (play(graph, kept, deepest_first=first) for first in (True, False))
    return min(lower_bound(arena_spans(graph, timing, variants).values()) for timing in plays)


def best_by_brute_force(graph: Graph) -> int:
    every = tensors(graph)
    subsets = chain.from_iterable(combinations(every, n) for n in range(len(every) + 1))
    return min(need(graph, frozenset(kept)) for kept in subsets)


SMALL = [s for s in range(60) if len(tensors(random_graph(s))) <= EXHAUSTIVE_TENSORS][:25]
LARGER = [s for s in range(120) if EXHAUSTIVE_TENSORS < len(tensors(random_graph(s))) <= BEYOND][:6]


@pytest.mark.parametrize("seed", SMALL)
def test_optimal_on_small_graphs(seed):
    graph = random_graph(seed)
    assert make_plan(graph, CPU, least_ram(CPU)).arena_bound_bytes == best_by_brute_force(graph)


@pytest.mark.parametrize("seed", LARGER)
def test_optimal_beyond_what_is_searched_exhaustively(seed):
    graph = random_graph(seed)
    assert make_plan(graph, CPU, least_ram(CPU)).arena_bound_bytes == best_by_brute_force(graph)


@pytest.mark.parametrize("seed", range(40))
def test_never_worse_than_whole_or_all_rows(seed):
    graph = random_graph(seed)
    found = make_plan(graph, CPU, least_ram(CPU)).arena_bound_bytes
    assert found <= min(make_plan(graph, CPU, s).arena_bound_bytes for s in (whole, by_rows))


@pytest.mark.parametrize("seed", range(10))
def test_partitions_go_from_whole_to_rows(seed):
    graph = random_graph(seed)
    listed = [schedule(graph) for schedule in partitions(graph, CPU)]
    assert len(listed) == len(graph.nodes) + 1
    assert listed[-1].steps == by_rows(graph).steps
    one_each = {s.index for s in listed[0].steps}
    assert len(listed[0].steps) == len(one_each), "all whole: a step for each node"
