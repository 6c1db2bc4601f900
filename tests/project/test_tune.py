"""Tuning: what measures best is chosen, nothing is measured twice, and the key holds all causes."""

import json
import shutil
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from graphs import random_graph

import milliwatt
from milliwatt.emit import make_library
from milliwatt.errors import Divergence, InputError, NotAvailable, UnsupportedOp
from milliwatt.ir import Builder, DType, Kind, Quant, Special, TensorType
from milliwatt.kernels import KERNELS, Option
from milliwatt.kernels.nn.conv2d.kernel import CONV2D
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.plan import (
    NO_PREFERENCES,
    Preferences,
    candidates,
    choose,
    make_plan,
    play,
    rows_per_call,
)
from milliwatt.plan.schedule import total_rows
from milliwatt.project import Budget, Goal, Model, Optimize, build, tune
from milliwatt.project.optimize import Handed
from milliwatt.project.samples import sample_inputs
from milliwatt.project.tune import Trial, Tuner, measure
from milliwatt.project.tuning_cache import Measured, TuningCache
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.targets import load_board

BOARD = load_board("nrf52840")
GOALS = {
    "speed": Goal(Optimize.SPEED),
    "ram": Goal(Optimize.RAM),
    "size": Goal(Optimize.SIZE),
    "default": Goal(),
    "push": Goal(push=True),
    "budget": Goal(budget=Budget(ram_bytes=8000)),
}


def convolution(seed=0, height=6):
    """A 3x3 convolution of 8 channels, which every conv2d variant but Winograd's covers."""
    b, rng = Builder("net"), np.random.default_rng(seed)
    x = b.input("x", TensorType((1, height, 5, 8), DType.S8, Quant((0.5,), 3)))
    w_type = TensorType((8, 3, 3, 8), DType.S8, Quant((0.0078125,) * 8, 0, 0))
    w = b.constant("w", w_type, rng.integers(-127, 128, w_type.shape).astype(np.int8))
    bias = b.constant(
        "bias", TensorType((8,), DType.S32), rng.integers(-99, 99, 8).astype(np.int32)
    )
    return b.build(b.node("conv", Conv2d(Quant((0.5,), -4), pad=(1, 1, 1, 1)), x, w, bias))


def conv_node(seed=0, height=6):
    return convolution(seed, height).nodes[0]


def trial_of(node, board=BOARD, flags="-O2"):
    kernel, variants = candidates(node, board.cpu)
    rows = tuple(rows_per_call(node, v.rows_at_once) for v in variants)
    return Trial(node, kernel, variants, board, NO_PREFERENCES, flags, rows)


@pytest.fixture
def built(monkeypatch):
    """The programs built to measure kernels, as a list that grows."""
    programs, runner = [], tune.EmulatedRunner

    def counting(plan, *rest):
        programs.append(plan)
        return runner(plan, *rest)

    monkeypatch.setattr(tune, "EmulatedRunner", counting)
    return programs


def glue(plan):
    """How far the code around kernels may differ from program to program, in instructions.

    Each of at most ten arguments of a call is loaded by one instruction or by two.
    """
    totals = [total_rows(call.node) for call in plan.calls]
    return sum(10 * -(-n // c.rows_per_call) for n, c in zip(totals, plan.calls, strict=True))


def instructions(compiled):
    (noise,) = sample_inputs(compiled.plan.graph, 4, 0)[3:]
    return compiled.target.measure(noise)[1].instructions


@pytest.mark.parametrize("board", ["nrf52840", "stm32f103", "esp32c3"])
@pytest.mark.parametrize("seed", [0, 3])
def test_a_tuned_plan_is_never_slower(seed, board, tmp_path):
    model = Model("net", random_graph(seed))
    goal = Goal(Optimize.SPEED, tune=True, tune_cache=tmp_path / "t.json")
    tuned, listed = build(model, board, goal), build(model, board, Goal(Optimize.SPEED))
    assert instructions(tuned) <= instructions(listed) + glue(tuned.plan)


def test_figures_are_those_of_the_plan(tmp_path):
    """Alone or in a plan, a kernel that is called in the same way takes the same."""
    graph = convolution()
    model = Model("net", graph)
    counts = measure(trial_of(graph.nodes[0]))
    assert len(counts) >= 4
    compiled = build(model, BOARD, Goal(Optimize.SPEED))
    (call,) = compiled.plan.calls
    (noise,) = sample_inputs(graph, 4, 0)[3:]
    found = compiled.target.measure(noise)[1].layers[0].instructions
    assert abs(found - counts[call.variant.label]) <= glue(compiled.plan)


@pytest.mark.parametrize("goal", GOALS.values(), ids=GOALS)
def test_nothing_is_measured_twice(goal, built, tmp_path):
    graph = random_graph(3)
    model = Model("net", graph)
    goal = replace(goal, tune=True, tune_cache=tmp_path / "t.json")
    first = milliwatt.compile(model, BOARD, goal=goal, out=tmp_path / "a", samples=5)
    assert built
    assert first.bit_exact.target
    content = (tmp_path / "t.json").read_bytes()
    built.clear()
    milliwatt.compile(model, BOARD, goal=goal, out=tmp_path / "b", samples=5)
    assert not built
    assert (tmp_path / "t.json").read_bytes() == content
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("wanted", ["scalar", "dsp"])
def test_the_least_instructions_decide(wanted, built, tmp_path):
    trial = trial_of(conv_node())
    cache = TuningCache(tmp_path / "t.json")
    counts = {label: 900 - (label == wanted) for label in trial.labels}
    cache.add(trial.key(), Measured(str(trial), counts))
    goal = Goal(Optimize.SPEED, tune=True, tune_cache=tmp_path / "t.json")
    (call,) = build(Model("net", convolution()), BOARD, goal).plan.calls
    assert call.variant.label == wanted
    assert not built


def test_of_equals_the_first_listed_wins(tmp_path):
    trial = trial_of(conv_node())
    cache = TuningCache(tmp_path / "t.json")
    cache.add(trial.key(), Measured(str(trial), dict.fromkeys(trial.labels[::-1], 900)))
    found = Tuner(convolution(), BOARD, cache)("-O2", Handed.SEVERAL)
    assert found.tuned == {"conv": trial.labels[0]}


def test_the_key_holds_all_that_decides(monkeypatch, tmp_path):
    trial = trial_of(conv_node())
    key = trial.key()
    assert trial_of(conv_node()).key() == key
    assert trial_of(conv_node(seed=1)).key() == key, "weights' values hardly matter"
    board = load_board("stm32h743")
    rows = tuple(n + 1 for n in trial.rows_per_call)
    others = {
        "shape": trial_of(conv_node(height=7)),
        "flags": trial_of(conv_node(), flags="-Os"),
        "core": trial_of(conv_node(), board),
        "rows": replace(trial, rows_per_call=rows),
        "variants": replace(
            trial, variants=trial.variants[1:], rows_per_call=trial.rows_per_call[1:]
        ),
        "kernel": replace(trial, kernel=edited(tmp_path, "s8_scalar.c", "\n")),
    }
    keys = {what: other.key() for what, other in others.items()}
    monkeypatch.setattr(tune, "compiler_version", lambda: "zig cc 99")
    keys["compiler"] = trial.key()
    assert len({key, *keys.values()}) == 1 + len(keys), keys


def edited(folder, file, addition):
    """Return the kernel of convolution with ``addition`` at the end of one of its files."""
    copy = folder / "conv2d"
    shutil.copytree(CONV2D.folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / file).open("a") as f:
        f.write(addition)
    return replace(CONV2D, folder=copy)


def test_the_row_by_row_trial_hands_over_single_rows(tmp_path):
    """Narrow rows come several at a time to plans that run whole, and singly to those by rows."""
    b = Builder("net")
    x = b.input("x", TensorType((1, 12, 1, 8), DType.S8, Quant((0.5,), 3)))
    w = b.constant("w", TensorType((8, 1, 1, 8), DType.S8, Quant((0.0078125,) * 8, 0, 0)),
                   np.ones((8, 1, 1, 8), np.int8))  # fmt: skip
    bias = b.constant("bias", TensorType((8,), DType.S32), np.zeros(8, np.int32))
    graph = b.build(b.node("conv", Conv2d(Quant((0.5,), -4)), x, w, bias))
    cache = TuningCache(tmp_path / "t.json")
    tuner = Tuner(graph, BOARD, cache)
    tuner("-O2", Handed.SEVERAL)
    tuner("-O2", Handed.AS_LIKED)
    found = json.loads((tmp_path / "t.json").read_text())["measured"].values()
    by_rows = {r["layer"].partition("rows a call: ")[2]: r["instructions"] for r in found}
    assert sorted(by_rows) == ["1", "4"]
    assert by_rows["4"]["scalar"] < by_rows["1"]["scalar"]


def chain(width):
    """Three 3x3 convolutions of 8 channels, which take turns where they run by rows."""
    b, rng = Builder("chain"), np.random.default_rng(0)
    y = b.input("x", TensorType((1, 16, width, 8), DType.S8, Quant((0.5,), 3)))
    for name in ("first", "middle", "last"):
        w_type = TensorType((8, 3, 3, 8), DType.S8, Quant((0.0078125,) * 8, 0, 0))
        w = b.constant(f"{name} w", w_type, rng.integers(-50, 51, w_type.shape).astype(np.int8))
        bias_type = TensorType((8,), DType.S32)
        bias = b.constant(f"{name} b", bias_type, rng.integers(-99, 99, 8).astype(np.int32))
        y = b.node(name, Conv2d(Quant((0.5,), -4), pad=(1, 1, 1, 1)), y, w, bias)
    return b.build(y)


@pytest.mark.parametrize(
    ("board", "width", "option", "pairs"),
    [
        ("nrf52840", 8, Option.WINOGRAD, "dsp_winograd, 2 rows"),
        ("stm32f103", 7, Option.NONE, "long_odd, 2 rows"),
    ],
)
def test_by_rows_figures_are_those_of_the_plan(board, width, option, pairs, tmp_path):
    """Variants that like several rows get as many, as the plan that waits for them hands over."""
    graph, target = chain(width), load_board(board)
    node = graph.nodes[1]
    kernel, variants = candidates(node, target.cpu, option)
    rows = tuple(tune.rows_handed(node, v, Handed.AS_LIKED) for v in variants)
    base = Preferences(options=option)
    counts = measure(Trial(node, kernel, variants, target, base, "-O2", rows))
    assert pairs in counts
    for label, count in counts.items():
        found, plan = by_rows_figure(
            graph, target, replace(base, tuned={"middle": label}), tmp_path
        )
        steps = sum(step.index == 1 for step in plan.steps)
        assert steps > 4
        calls = -(-total_rows(node) // plan.calls[1].rows_per_call)
        # as in `glue`, and 40 for each time that the layer's function is entered and left
        assert abs(found - count) <= 10 * calls + 40 * steps, label


def by_rows_figure(graph, target, preferences, folder):
    """Return what the middle layer takes in the plan by rows, and that plan."""
    chosen = [choose(node, target.cpu, preferences)[1] for node in graph.nodes]
    at_once = {i: v.rows_at_once for i, v in enumerate(chosen) if v.rows_at_once > 1}
    schedule = partial(play, kept_whole=(), at_once=at_once)
    plan = make_plan(graph, target.cpu, schedule, preferences=preferences)
    library = make_library(plan, target, "chain", "chain")
    (noise,) = sample_inputs(graph, 4, 0)[3:]
    _, measured = EmulatedRunner(plan, library, target, folder).measure(noise)
    return measured.layers[1].instructions, plan


def test_windows_that_slide_are_tuned_for_single_rows(tmp_path):
    """A variant that likes pairs of rows never gets them there, so it is not measured with any."""
    board, node = load_board("stm32f103"), chain(7).nodes[1]
    kernel, variants = candidates(node, board.cpu)
    figures = {}
    for handed in (Handed.AS_LIKED, Handed.SINGLE):
        rows = tuple(tune.rows_handed(node, v, handed) for v in variants)
        figures[handed] = measure(Trial(node, kernel, variants, board, NO_PREFERENCES, "-O2", rows))
    liked, single = figures[Handed.AS_LIKED], figures[Handed.SINGLE]
    assert liked["long_odd, 2 rows"] < liked["long"] == single["long"]
    assert liked["long_odd, 2 rows"] < single["long_odd, 2 rows"]


def test_a_push_says_how_rows_are_handed(monkeypatch):
    asked = []

    def noted(_, flags, handed):
        asked.append((flags, handed))
        return NO_PREFERENCES

    monkeypatch.setattr(Tuner, "__call__", noted)
    b = Builder("valid")
    x = b.input("x", TensorType((1, 6, 1, 4), DType.S8, Quant((0.5,), 3)))
    valid = b.build(b.node("pool", MaxPool2d(Quant((0.5,), 3), (6, 1), (1, 1)), x))
    for graph in (valid, convolution()):
        build(Model("net", graph), BOARD, Goal(push=True, tune=True))
    assert asked == [("-O2", Handed.SINGLE), ("-O2", Handed.AS_LIKED)]


def test_a_kernel_with_other_bits_is_a_defect(monkeypatch, tmp_path):
    """A kernel that is not the first listed would otherwise never be looked at."""
    kernel = edited(tmp_path, "s8_scalar.c", "")
    source = kernel.folder / "s8_scalar.c"
    text = source.read_text()
    assert "p->zero_y" in text
    source.write_text(text.replace("p->zero_y", "(p->zero_y + 1)"))
    monkeypatch.setattr(sys.modules["milliwatt.plan.choose"], "KERNELS", (kernel,))
    goal = Goal(Optimize.SPEED, tune=True, tune_cache=tmp_path / "t.json")
    with pytest.raises(Divergence, match="'conv': mw_conv2d_s8_scalar on the target nrf52840"):
        build(Model("net", convolution()), BOARD, goal)
    assert not (tmp_path / "t.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"schema": 2, "measured": {}}',
        '{"schema": 1, "measured": []}',
        '{"schema": 1, "measured": {"k": {}}}',
        '{"schema": 1, "measured": {"k": {"layer": "l", "instructions": {}}}}',
        '{"schema": 1, "measured": {"k": {"layer": "l", "instructions": {"dsp": "9"}}}}',
        '{"schema": 1, "measured": {"k": {"layer": "l", "instructions": {"dsp": 0}}}}',
    ],
)
def test_a_damaged_cache_is_refused_and_left_alone(content, tmp_path):
    path = tmp_path / "t.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"t\.json: not a tuning cache .* delete it to measure"):
        TuningCache(path)
    assert path.read_text() == content


def test_figures_of_other_variants_are_refused(tmp_path):
    trial = trial_of(conv_node())
    cache = TuningCache(tmp_path / "t.json")
    cache.add(trial.key(), Measured(str(trial), {"scalar": 5}))
    with pytest.raises(InputError, match="has figures for scalar, wanted "):
        Tuner(convolution(), BOARD, cache)("-O2", Handed.SEVERAL)


def test_several_processes_add_to_one_cache(tmp_path):
    one, other = (TuningCache(tmp_path / "t.json") for _ in range(2))
    one.add("a", Measured("layer a", {"dsp": 1}))
    other.add("b", Measured("layer b", {"dsp": 2, "scalar": 1}))
    again = TuningCache(tmp_path / "t.json")
    assert again.get("a") == Measured("layer a", {"dsp": 1})
    assert again.get("b") == Measured("layer b", {"dsp": 2, "scalar": 1})
    assert again.get("c") is None
    assert [p.name for p in tmp_path.iterdir()] == ["t.json"]


def test_the_users_cache_is_the_default(monkeypatch, tmp_path):
    monkeypatch.setenv("MILLIWATT_CACHE_DIR", str(tmp_path / "cache"))
    TuningCache().add("a", Measured("layer", {"dsp": 1}))
    assert TuningCache(tmp_path / "cache" / "tuning.json").get("a") is not None


def test_without_an_emulator_nothing_can_be_measured(tmp_path):
    model, goal = Model("net", convolution()), Goal(tune=True, tune_cache=tmp_path / "t.json")
    with pytest.raises(NotAvailable, match=r"host has no emulator here.*leave --tune out"):
        build(model, "host", goal)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: f"{k.stem}-{k.suffix}")
def test_labels_tell_variants_apart(kernel):
    labels = [v.label for v in kernel.variants]
    assert len({*labels}) == len(labels)


def test_a_preferred_variant_must_cover():
    (node,) = convolution().nodes
    for name in ("scalar", "dsp"):
        preferences = Preferences(tuned={"conv": name})
        assert choose(node, BOARD.cpu, preferences)[1].name == name
    core = load_board("rp2040").cpu
    with pytest.raises(UnsupportedOp, match=r"'conv': variant 'dsp' of nn\.conv2d does not cover"):
        choose(node, core, Preferences(tuned={"conv": "dsp"}))


def test_any_layer_can_be_measured_alone(stateful):
    """Of every kind, those with state, several operands or the same one twice among them."""
    nodes = [n for seed in range(24) for n in random_graph(seed).nodes]
    kinds = {n.op.name: n for n in [*nodes, *stateful.graph.nodes]}
    kinds = {k: n for k, n in kinds.items() if n.op.rows(n.types) is not Special.VIEW}
    assert len(kinds) >= 12
    assert any(v.kind is Kind.VARIABLE for n in kinds.values() for v in (*n.inputs, *n.outputs))
    for node in kinds.values():
        trial = trial_of(node)
        counts = measure(trial)
        assert list(counts) == trial.labels
        assert min(counts.values()) > 0


def test_winograd_is_a_candidate_where_it_is_asked_for(tmp_path):
    graph = convolution(height=8)
    for winograd in (False, True):
        file = tmp_path / f"{winograd}.json"
        goal = Goal(Optimize.SPEED, tune=True, tune_cache=file, winograd=winograd)
        build(Model("net", graph), BOARD, goal)
        (found, *_) = json.loads(file.read_text())["measured"].values()
        assert any("winograd" in label for label in found["instructions"]) == winograd
