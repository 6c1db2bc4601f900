"""Everything that runs a model keeps one contract: the reference, the host, an emulated board."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import random_graph
from tflm.models import small_model

from milliwatt.emit import make_library
from milliwatt.errors import BuildFailed, DoesNotFit, Fault, InputError
from milliwatt.importers.tflite import load_tflite
from milliwatt.ir import Graph, Special
from milliwatt.passes import optimize
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.project.samples import sample_inputs
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.host import HostRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARD = load_board("rp2040")
KINDS = ["reference", "host", "emulated"]


@pytest.fixture
def make(tmp_path):
    """Return ``make(kind, graph, schedule)``: a runner of this kind."""

    def runner(kind, graph, schedule=whole):
        if kind == "reference":
            return Reference(graph)
        plan = make_plan(graph, BOARD.cpu, schedule)
        library = make_library(plan, BOARD, "net", "net")
        if kind == "host":
            return HostRunner(plan, library, tmp_path)
        return EmulatedRunner(plan, library, BOARD, tmp_path)

    return runner


@pytest.fixture
def stateful(tmp_path) -> Graph:
    """A graph that remembers."""
    (tmp_path / "stateful.tflite").write_bytes(small_model("stateful", seed=3))
    return optimize(load_tflite(tmp_path / "stateful.tflite"))


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_checked(kind, make):
    graph = random_graph(4)
    (x,) = graph.inputs
    runner, right = make(kind, graph), np.zeros(x.type.shape, np.int8)
    for method in (runner.run, runner.trace):
        with pytest.raises(InputError, match="the model takes 1 inputs, got 0"):
            method(())
        with pytest.raises(InputError, match=r"input 'x': wanted int8 .*, found uint8"):
            method((right.astype(np.uint8),))
        with pytest.raises(InputError, match=r"input 'x': wanted int8 .*, found int8 \[2, "):
            method((np.concatenate([right, right]),))
    assert len(runner.run((right,))) == len(graph.outputs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("schedule", [whole, by_rows])
def test_trace_and_run_agree(kind, schedule, make):
    graph = random_graph(6)
    runner, reference = make(kind, graph, schedule), Reference(graph)
    for sample in sample_inputs(graph, 5, 0):
        traced = runner.trace(sample)
        computing = [n for n in graph.nodes if n.op.rows(n.types) is not Special.VIEW]
        assert {n.name for n in computing} <= set(traced)
        for v, wanted, got in zip(
            graph.outputs, reference.run(sample), runner.run(sample), strict=True
        ):
            assert wanted.tobytes() == got.tobytes()
            assert (got.shape, got.dtype) == (v.type.shape, v.type.dtype.numpy)
            producer = graph.producer(v)
            assert producer is not None
            assert traced.get(producer.name, wanted).tobytes() == wanted.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_results_belong_to_the_caller(kind, make):
    """A second call must not change what the first returned, and inputs are never written."""
    graph = random_graph(3)
    runner = make(kind, graph)
    first, second = sample_inputs(graph, 5, 0)[3:]
    kept = [a.copy() for a in first]
    outputs = runner.run(first)
    before = [o.copy() for o in outputs]
    runner.run(second)
    assert all((a == b).all() for a, b in zip(outputs, before, strict=True))
    assert all((a == b).all() for a, b in zip(first, kept, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_of_any_memory_layout(kind, make):
    graph = random_graph(3)
    runner = make(kind, graph)
    (sample,) = sample_inputs(graph, 4, 0)[3]
    strided = np.asfortranarray(sample)
    view = np.repeat(sample, 2, axis=-1)[..., ::2]
    wanted = runner.run((sample,))[0].tobytes()
    assert runner.run((strided,))[0].tobytes() == wanted
    assert runner.run((view,))[0].tobytes() == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_state_is_kept_and_reset(kind, make, stateful):
    runner = make(kind, stateful)
    samples = sample_inputs(stateful, 8, 0)[3:]
    first = [runner.run(s)[0].tobytes() for s in samples]
    second = [runner.run(s)[0].tobytes() for s in samples]
    runner.reset()
    assert [runner.run(s)[0].tobytes() for s in samples] == first != second


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_runner_starts_anew(kind, make, stateful):
    samples = sample_inputs(stateful, 8, 0)[3:]
    one, other = make(kind, stateful), make(kind, stateful)
    first = [one.run(s)[0].tobytes() for s in samples]
    assert [other.run(s)[0].tobytes() for s in samples] == first


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("place", ["arena", "state"])
def test_writing_below_its_memory_is_a_fault(kind, place, make):
    """What lies just before the arena and the state is watched."""
    runner = make(kind, random_graph(4))
    call, base = runner._call, {"arena": runner._arena, "state": runner._state}[place]

    def stray(function, *arguments):
        call(function, *arguments)
        runner._write(base - 1, b"!")

    runner._call = stray
    (sample,) = sample_inputs(random_graph(4), 1, 0)
    with pytest.raises(Fault, match=f"bytes just below the {place} were overwritten"):
        runner.run(sample)


def test_a_kernel_that_leaves_the_arena_faults(tmp_path):
    """The arena ends where the board's memory ends, so one byte more is an unmapped access."""
    graph = random_graph(4)
    plan = make_plan(graph, BOARD.cpu)
    library = make_library(plan, BOARD, "net", "net")
    name = f"mw_{library.model.name}.c"
    run = f"void mw_net_run(void *state, void *arena, {_arguments(library.files[name])})\n{{"
    assert run in library.files[name]
    beyond = f"    ((volatile uint8_t *)arena)[{plan.arena_bytes} + 7] = 1;"
    text = library.files[name].replace(run, f"{run}\n{beyond}")
    library = replace(library, files={**library.files, name: text})
    runner = EmulatedRunner(plan, library, BOARD, tmp_path)
    (sample,) = sample_inputs(graph, 1, 0)
    with pytest.raises(Fault, match=r"mw_net_run"):
        runner.run(sample)


def _arguments(text: str) -> str:
    begin = text.index("void mw_net_run(void *state, void *arena, ") + len(
        "void mw_net_run(void *state, void *arena, "
    )
    return text[begin : text.index(")", begin)]


def test_measuring_does_not_change_the_answer(make):
    graph = random_graph(6)
    runner = make("emulated", graph)
    (sample,) = sample_inputs(graph, 4, 0)[3:]
    plain = runner.run(sample)
    outputs, first = runner.measure(sample)
    _, second = runner.measure(sample)
    assert [o.tobytes() for o in outputs] == [o.tobytes() for o in plain]
    assert (first.instructions, first.stack_bytes) == (second.instructions, second.stack_bytes)
    assert first.instructions == first.all.instructions > sum(c.instructions for c in first.layers)
    assert len(first.layers) == len(runner.plan.calls)
    assert all(c.instructions > 0 for c in first.layers)
    assert 0 < first.stack_bytes < 4096


def test_flash_is_code_and_weights(make):
    graph = next(g for g in map(random_graph, range(50)) if g.macs)
    runner = make("emulated", graph)
    flash = runner.flash_bytes()
    assert flash.total == flash.code + flash.weights
    assert flash.weights >= sum(runner.library.model.layer_weights_bytes) > 0
    assert 0 < flash.code < 40_000


def test_a_board_without_room(make, tmp_path):
    graph = random_graph(6)
    plan = make_plan(graph, BOARD.cpu)
    library = make_library(plan, BOARD, "net", "net")
    assert BOARD.ram is not None
    small = replace(BOARD, ram=replace(BOARD.ram, size=plan.arena_bytes))
    with pytest.raises(DoesNotFit, match=r"stack, which is \d+ more than the \d+ there are"):
        EmulatedRunner(plan, library, small, tmp_path)


def test_a_library_that_does_not_compile(make, tmp_path):
    plan = make_plan(random_graph(4), BOARD.cpu)
    library = make_library(plan, BOARD, "net", "net")
    broken = replace(library, files={**library.files, "mw_net.c": "int main(void) { return x; }"})
    with pytest.raises(BuildFailed, match="use of undeclared identifier 'x'"):
        HostRunner(plan, broken, tmp_path)
