"""Schedules and plans, replayed: every row is computed once, and what is read is still there.

The replay knows nothing of lifetimes. It keeps for every byte of the arena which row of
which tensor was written there last, and looks before and after each step whether what
the step reads is intact.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from graphs import random_graph

from milliwatt.ir import Builder, DType, Kind, Node, Quant, Special, TensorType, Value
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.plan import (
    ARRIVAL,
    Base,
    Plan,
    PushKind,
    Step,
    Store,
    by_rows,
    least_ram,
    lifetimes,
    make_plan,
    make_push_plan,
    partitions,
    play,
    storage,
    whole,
)
from milliwatt.plan.steps import total_rows
from milliwatt.targets import load_cpu

CPU = load_cpu("cortex-m4f")
SCHEDULES = pytest.mark.parametrize(
    "schedule", [whole, by_rows, least_ram(CPU)], ids=["whole", "by_rows", "least_ram"]
)
SEEDS = pytest.mark.parametrize("seed", range(60))


@SCHEDULES
@SEEDS
def test_every_row_is_computed_once_and_in_order(seed, schedule):
    graph = random_graph(seed)
    steps = schedule(graph).steps
    for i, node in enumerate(graph.nodes):
        mine = [row for s in steps if s.index == i for row in range(s.first, s.first + s.count)]
        is_view = node.op.rows(node.types) is Special.VIEW
        assert mine == ([] if is_view else list(range(total_rows(node))))


@SCHEDULES
@SEEDS
def test_nothing_is_overwritten_while_needed(seed, schedule):
    Replay(make_plan(random_graph(seed), CPU, schedule)).run()


@SCHEDULES
@SEEDS
def test_nothing_is_overwritten_where_every_row_lies_apart(seed, schedule, monkeypatch):
    """Random graphs have short rows, for most of which a table is not worth while; here it is."""
    monkeypatch.setattr(lifetimes, "LEAST_BYTES_APART", 1)
    Replay(make_plan(random_graph(seed), CPU, schedule)).run()


@pytest.mark.parametrize("least_bytes_apart", [1, lifetimes.LEAST_BYTES_APART])
@SEEDS
def test_rows_that_arrive_overwrite_nothing(seed, least_bytes_apart, monkeypatch):
    monkeypatch.setattr(lifetimes, "LEAST_BYTES_APART", least_bytes_apart)
    graph = random_graph(seed)
    if len(graph.inputs) == 1:
        plan = make_push_plan(graph, CPU)
        if plan.push.kind is PushKind.IMAGE:
            Replay(plan).run()


@pytest.mark.parametrize("count", [2, 3])
@SEEDS
def test_rows_that_are_computed_together(seed, count):
    """Nodes that like several rows at once get them, but for the last, and find what they read."""
    graph = random_graph(seed)
    at_once = {
        i: count
        for i, node in enumerate(graph.nodes)
        if (seed + i) % 2 == 0 and not isinstance(node.op.rows(node.types), Special)
    }
    schedule = partial(play, kept_whole=(), at_once=at_once)
    for step in schedule(graph).steps:
        together, total = at_once.get(step.index, 1), total_rows(graph.nodes[step.index])
        assert step.first % together == 0
        assert step.count % together == 0 or step.first + step.count == total
    Replay(make_plan(graph, CPU, schedule)).run()


@pytest.mark.parametrize("seed", range(20))
def test_partitions_overwrite_nothing_either(seed):
    graph = random_graph(seed)
    for schedule in partitions(graph, CPU):
        Replay(make_plan(graph, CPU, schedule)).run()


@SEEDS
def test_the_arena_over_time(seed):
    """Lifetimes on record are those of the plan, and rings never take more than whole tensors."""
    graph = random_graph(seed)
    plans = {s: make_plan(graph, CPU, s) for s in (whole, by_rows)}
    for plan in plans.values():
        assert plan.arena_bound_bytes <= plan.arena_bytes
        assert max(b.offset + b.bytes for b in plan.lifetimes) <= plan.arena_bytes
        for i, a in enumerate(plan.lifetimes):
            for b in plan.lifetimes[:i]:
                together = any(
                    first <= other_last and other_first <= last
                    for first, last in a.alive
                    for other_first, other_last in b.alive
                )
                apart = a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset
                assert apart or not together, f"{a} meets {b}"
    least = make_plan(graph, CPU, least_ram(CPU))
    assert least.arena_bound_bytes <= min(p.arena_bound_bytes for p in plans.values())
    rows, full = (plans[s].stores for s in (by_rows, whole))
    assert all(rows[v].capacity <= full[v].capacity for v in rows)


@SCHEDULES
def test_a_plan_depends_on_the_graph_alone(schedule):
    first, second = (make_plan(random_graph(5), CPU, schedule) for _ in range(2))
    assert first.steps == second.steps
    assert first.lifetimes == second.lifetimes
    assert list(first.stores.values()) == list(second.stores.values())


def test_a_window_by_hand():
    """Three rows with padding need a ring of three; a pool of two behind it a ring of two."""
    b = Builder("hand")
    quant = Quant((0.5,))
    x = b.input("x", TensorType((1, 8, 4, 1), DType.S8, quant))
    y = x
    for name in ("a", "b"):
        w_type = TensorType((1, 3, 3, 1), DType.S8, Quant((0.25,), 0, 0))
        w = b.constant(f"{name} w", w_type, np.ones(w_type.shape, np.int8))
        bias = b.constant(f"{name} bias", TensorType((1,), DType.S32), np.zeros(1, np.int32))
        y = b.node(name, Conv2d(quant, pad=(1, 1, 1, 1)), y, w, bias)
    pooled = b.node("pool", MaxPool2d(quant, (2, 2), (2, 2)), y)
    graph = b.build(pooled)
    schedule = by_rows(graph)
    capacity = {v.name: rows for v, rows in schedule.capacity.items()}
    assert (capacity["x"], capacity["a"], capacity["b"], capacity["pool"]) == (8, 3, 2, 4)
    order = "".join("abp"[s.index] * s.count for s in schedule.steps)
    # b waits for two rows of a, each later row of b for one more, and its last for none: below
    # the image there is only padding. Two rows of b make one of the pool.
    assert order == "aababp ababp ababp abbp".replace(" ", "")


def test_the_replay_sees_a_ring_that_is_too_small():
    """The checker itself fails where a ring is a row short, or a step comes too early."""
    plan, ring = _first(lambda store, rows: not store.places and 2 <= store.capacity < rows)
    store = plan.stores[ring]
    short = {**plan.stores, ring: replace(store, capacity=store.capacity - 1)}
    with pytest.raises(AssertionError):
        Replay(replace(plan, stores=short)).run()
    early = (plan.steps[-1], *plan.steps[:-1])
    with pytest.raises(AssertionError):
        Replay(replace(plan, steps=early)).run()


def test_the_replay_sees_a_row_that_lies_on_another(monkeypatch):
    monkeypatch.setattr(lifetimes, "LEAST_BYTES_APART", 1)
    plan, v = _first(lambda store, rows: bool(store.places) and 2 <= store.capacity < rows)
    store, lives = plan.stores[v], by_rows(plan.graph).rows_alive[v]
    # a row that is read after the next one was written, which now lies on it
    row = next(r for r, (_, last) in enumerate(lives[:-1]) if last > lives[r + 1][0])
    places = list(store.places)
    places[row] = places[row + 1]
    moved = replace(store, places=tuple(places))
    with pytest.raises(AssertionError):
        Replay(replace(plan, stores={**plan.stores, v: moved})).run()


def _first(wanted: Callable[[Store, int], bool]) -> tuple[Plan, Value]:
    """Return the first plan of a random graph by rows with such a streamed tensor, and it."""
    for seed in range(50):
        plan = make_plan(random_graph(seed), CPU, by_rows)
        for v, store in plan.stores.items():
            if v.kind is Kind.RESULT and wanted(store, v.type.rows):
                return plan, v
    raise AssertionError("no graph has such a tensor")


class Replay:
    """Plays a plan over an arena whose bytes know their owners."""

    def __init__(self, plan: Plan) -> None:
        """Begin with the inputs in place."""
        self.plan = plan
        self.roots = storage(plan.graph)
        self.owner: list[object] = [None] * plan.arena_bytes
        for v in plan.graph.inputs if plan.push is None else ():
            for row in range(v.type.rows):
                self._write(v, row)

    def run(self) -> None:
        """Play every step; fail where one reads what is gone."""
        for step in self.plan.steps:
            if step.index == ARRIVAL:
                self._write(self.plan.graph.inputs[0], step.first)
                continue
            call = self.plan.calls[step.index]
            reads = list(_reads(call.node, step))
            for v, row in reads:
                self._intact(v, row, call.node.name)
            for row in _writes(call.node, step):
                self._write(call.node.output, row)
            if call.scratch_offset is not None:
                self._scratch(step)
            for v, row in reads:
                self._intact(v, row, call.node.name)
        for v in self.plan.graph.outputs:
            for row in range(v.type.rows):
                self._intact(v, row, "the caller")

    def _scratch(self, step: Step) -> None:
        call = self.plan.calls[step.index]
        size = call.variant.lent_bytes(call.node, min(step.count, call.rows_per_call))
        mine = slice(call.scratch_offset, call.scratch_offset + size)
        assert mine.stop <= len(self.owner)
        if call.node.op.rows(call.node.types) is Special.ACCUMULATE and step.first > 0:
            kept = all(o == (call.number, "sums") for o in self.owner[mine])
            assert kept, f"the sums of {call.node.name} are gone"
        self.owner[mine] = [(call.number, "sums")] * size

    def _bytes(self, v: Value, row: int) -> slice | None:
        root = self.roots[v]
        store = self.plan.stores[root]
        if store.base in (Base.CONSTANT, Base.STATE):
            return None
        start = store.place(row)
        assert start + root.type.row_bytes <= len(self.owner), f"{v.name} leaves the arena"
        return slice(start, start + root.type.row_bytes)

    def _write(self, v: Value, row: int) -> None:
        place = self._bytes(v, row)
        if place is not None:
            self.owner[place] = [(self.roots[v].name, row)] * (place.stop - place.start)

    def _intact(self, v: Value, row: int, reader: str) -> None:
        root = self.roots[v]
        rows = [row] if root is v else range(root.type.rows)  # a view: all of what it shows
        for r in rows:
            place = self._bytes(root, r)
            if place is not None:
                kept = all(o == (root.name, r) for o in self.owner[place])
                assert kept, f"{reader} reads row {r} of {root.name}, which is not there"


def _reads(node: Node, step: Step) -> Iterator[tuple[Value, int]]:
    """Yield each operand and row that a step reads."""
    rule = node.op.rows(node.types)
    for k, v in enumerate(node.inputs):
        window = None if isinstance(rule, Special) else rule[k]
        if rule is Special.ACCUMULATE:
            rows = range(step.first, step.first + step.count) if k == 0 else range(0)
        elif window is None:
            rows = range(v.type.rows)
        else:
            # row by row: with a stride above the span there are rows in between that none reads
            firsts = (window.needs(step.first + r, 1)[0] for r in range(step.count))
            read = {f + k for f in firsts for k in range(window.span)}
            rows = sorted(row for row in read if 0 <= row < v.type.rows)
        yield from ((v, row) for row in rows)


def _writes(node: Node, step: Step) -> range:
    rule = node.op.rows(node.types)
    if rule is Special.ACCUMULATE:
        done = step.first + step.count == node.inputs[0].type.rows
        return range(node.output.type.rows) if done else range(0)
    if rule is Special.WHOLE:
        return range(node.output.type.rows)
    return range(step.first, step.first + step.count)
