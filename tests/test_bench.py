"""The benchmark: what counts as met, which peers stand beside us, and how the tables read."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from graphs import random_graph

from milliwatt.errors import InputError, MilliwattError
from milliwatt.project import Model, build
from milliwatt.project.compile import agreed, summarize
from milliwatt.report.result import (
    BitExact,
    BoardLimits,
    FlashUse,
    Layer,
    PushUse,
    RamUse,
    Result,
)

ROOT = Path(__file__).parent.parent
RUN = ROOT / "bench" / "run.py"
sys.path.append(str(ROOT))  # scripts, not an installed package

from bench import goals, limits, measure, page, peers, sections, tables, times, work  # noqa: E402
from bench.figures import Case, Check, Entry, Figures, Unit  # noqa: E402

PUSHED = (Unit.IMAGE, Unit.FRAME)
WORKS = {Case("kws", "nrf52840"): work.Work({"multiplying": 30, "the rest": 70}, 8)}


@pytest.fixture
def entry() -> Entry:
    """A model at every limit: as much RAM as the leaner peer, a third of the instructions."""
    ours = Figures("milliwatt", 100, 150, 39_999, 5000, 800, 0, 200)
    reference = Figures("TFLM, reference kernels", 301, 400, 40_336, 6000, 900, 60, 40)
    tuned = Figures("TFLM, CMSIS-NN", 90, None, 50_000, 6000, 950, 60, 50)
    return Entry("kws", "nrf52840", ours, 16, {peers.REFERENCE: reference, peers.CMSIS_NN: tuned})


@pytest.fixture
def result() -> Result:
    """A whole inference of 1000 instructions, two rows a result where it is pushed."""
    conv = Layer("a", "nn.conv2d", "mw_conv2d_s8_dsp", 240, 300, 400, 240)
    depthwise = Layer("b", "nn.depthwise_conv2d", "mw_depthwise_conv2d_s8_dsp", 24, 200, 250, 9)
    softmax = Layer("c", "nn.softmax", "mw_softmax_s8_scalar", 0, 50, 60, 0)
    return Result(
        model="m",
        board="nrf52840",
        cpu="cortex-m4f",
        optimize="ram",
        macs=264,
        milliwatt_version="",
        compiler_version="",
        cycle_model="cortex-m4",
        instructions=1000,
        cycles_estimated=1200,
        latency_ms_estimated=None,
        energy=None,
        flash=FlashUse(5000, 3000),
        ram=RamUse(2000, 0, 300),
        bit_exact=BitExact(reference=True, host=True, target=True, tflm=None, samples=16),
        layers=(conv, depthwise, conv, softmax),
        limits=BoardLimits("", None, None, None),
        buffers=(),
        arena_bound_bytes=0,
        push=PushUse(2, 70, 140),
    )


@pytest.fixture
def lines() -> peers.Lines:
    """The tuned peer and the reference for every model on the two boards with all figures."""
    sizes = {"code_bytes": 60_000, "model_bytes": 5, "arena_bytes": 9000}
    rest = {"static_ram_bytes": 3, "stack_bytes": 2, "instructions": 70_000, **sizes}
    return [
        {"model": m, "engine": engine, "cpu": cpu, **rest}
        for m in measure.MODELS
        for engine in (peers.REFERENCE, peers.TUNED)
        for cpu in ("cortex-m4f", "cortex-m0plus")
    ]


@pytest.fixture
def taken() -> times.Times:
    """Times of which one is over its goal."""
    fast = times.ModelTimes(39.95, 2.0, 3e7)
    slow = times.ModelTimes(20.0, 10.5, 2.4e7)
    return times.Times({"kws": fast, "vww": slow}, 60.0)


def test_a_model_at_every_limit_passes(entry):
    assert [(c.what, c.found, c.limit, c.holds) for c in goals.requirements(entry)] == [
        ("RAM, bytes", 1000, 1000, True),
        ("code, bytes", 39_999, 39_999, True),
        ("instructions", 100, 100, True),
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"stack": 201}, "RAM, bytes"),
        ({"state": 1}, "RAM, bytes"),
        ({"code": 40_000}, "code, bytes"),
        ({"instructions": 101}, "instructions"),
    ],
)
def test_one_more_than_a_limit_is_a_miss(entry, change, what):
    worse = replace(entry, ours=replace(entry.ours, **change))
    assert [c.what for c in goals.requirements(worse) if not c.holds] == [what]


def test_speed_is_asked_of_one_board_only(entry):
    other = replace(entry, board="rp2040")
    assert [c.what for c in goals.requirements(other)] == ["RAM, bytes", "code, bytes"]


def test_exactly_a_third_is_not_under_a_third(entry):
    peer = replace(entry.peers[peers.REFERENCE], instructions=300)
    slower = replace(entry, peers={**entry.peers, peers.REFERENCE: peer})
    assert [c.what for c in goals.requirements(slower) if not c.holds] == ["instructions"]


def test_the_tables_of_a_board_have_every_figure(entry):
    board = page.figures_table([entry])
    assert "| kws | milliwatt | 100 |  | 150 | 39,999 | 5,000 | 800 | 0 | 200 | 1,000 |  |" in board
    assert (
        "|  | TFLM, CMSIS-NN | 90 | 0.90 | – | 50,000 | 6,000 | 950 | 60 | 50 | 1,060 | 1.06 |"
    ) in board
    needed = page.requirements_table([entry])
    assert "| kws | nrf52840 | instructions | 100 | 100 | yes |" in needed
    assert "**NO**" not in needed


def test_peers_are_those_of_the_same_model_and_core():
    line = {
        "model": "kws",
        "engine": peers.REFERENCE,
        "cpu": "cortex-m4f",
        "instructions": 7,
        "code_bytes": 6,
        "model_bytes": 5,
        "arena_bytes": 4,
        "static_ram_bytes": 3,
        "stack_bytes": 2,
    }
    others = [{**line, "model": "vww"}, {**line, "cpu": "cortex-m3"}, {**line, "engine": "?"}]
    found = peers.of("kws", "cortex-m4f", [*others, line])
    assert found == {peers.REFERENCE: Figures("TFLM, reference kernels", 7, None, 6, 5, 4, 3, 2)}
    with pytest.raises(InputError, match=r"^baselines.json: found None, wanted an integer$"):
        peers.of("kws", "cortex-m4f", [{**line, "instructions": None}])


def test_every_case_is_measured_once_and_has_its_goals():
    every = measure.cases(others=True)
    assert len(every) == len(set(every)) == len(measure.MAIN_CASES) + 1 + 5 * len(sections.CORES)
    assert set(measure.cases(others=False)) < set(every)
    assert set(goals.GOALS) == {*measure.MAIN_CASES, measure.WINOGRAD}
    on_goals = {*goals.INSTRUCTION_GOALS, *goals.RELATIVE_GOALS}
    assert on_goals == set(sections.CORES) == {c.board for c in every} - {measure.MAIN_BOARD}
    assert all(set(g) == set(measure.MODELS) for g in goals.INSTRUCTION_GOALS.values())


@pytest.mark.parametrize(("unit", "count"), [*zip(Unit, (1000, 140, 70), strict=True)])
def test_instructions_are_those_of_the_unit(result, unit, count):
    found = measure.figures(Case("sww", "nrf52840", unit), result)
    assert (found.instructions, found.ram, found.code, found.weights) == (count, 2300, 5000, 3000)
    # No estimate exists for rows: the one of a whole input would stand beside other counts.
    assert found.cycles_estimated == (1200 if unit is Unit.INFERENCE else None)


@pytest.mark.parametrize("unit", PUSHED)
def test_what_cannot_be_pushed_is_an_error(result, unit):
    with pytest.raises(MilliwattError, match=rf"^SWW, {unit.value}: the build cannot be pushed$"):
        measure.figures(Case("sww", "nrf52840", unit), replace(result, push=None))


def test_only_the_core_of_the_small_board_gets_more_memory():
    small = measure.board_of(Case("ic", "stm32f103"))
    assert (small.flash_bytes, small.ram_bytes) == (1 << 20, 256 << 10)
    assert (small.name, small.cpu.name) == ("stm32f103", "cortex-m3")
    assert measure.board_of(Case("ic", "rp2040")).ram_bytes == 270_336


def test_a_goal_is_met_at_its_limit_and_says_how_far_it_is_missed():
    assert tables.against(Check("", 7000, 7000)) == "7,000 ≤ 7,000"
    assert tables.against(Check("", 7350, 7000)) == "**7,350 > 7,000, missed by 5.0 %**"
    assert tables.against(Check("", 3e7, 3e7, at_least=True), scale=1e6) == "30 ≥ 30"
    slow = Check("", 2.4e7, 3e7, at_least=True)
    assert tables.against(slow, scale=1e6) == "**24 < 30, missed by 20.0 %**"


def test_only_prose_is_unwrapped():
    kept = "# Head\n\n| a |\n| - |\n\n* one\n* two\n\n```sh\nmake\nbench\n```"
    assert tables.unwrapped(f"{kept}\n\n*A*\nparagraph.") == f"{kept}\n\n*A* paragraph."


def test_goals_of_cores_follow_our_own_counts():
    counts = {("kws", "stm32f103"): 1000, ("kws", "esp32c3"): 1300, ("kws", "nrf52840"): 500}
    counts |= {("kws", "stm32h743"): 516}
    assert goals.core_check("kws", "esp32c3", counts).holds
    assert not goals.core_check("kws", "stm32h743", counts).holds  # 1.03 × 500 is 515
    assert goals.core_check("kws", "stm32f103", counts).limit == 6_500_000


def test_ahead_is_below_the_best_silicon_over_the_factor():
    assert not goals.is_ahead("ad", 373_847)  # × 1.3 is 486,001
    assert goals.is_ahead("ad", 373_846)  # × 1.3 is 485,999.8


def test_the_limit_is_that_of_the_block_and_the_rest_adds_up(result):
    parts = limits.spent(result.layers, 1000)
    assert [(p.kind, p.macs, p.instructions, p.limit) for p in parts] == [
        ("convolution", 480, 600, 320),  # 8 instructions for 12 multiply-accumulates
        ("depthwise convolution", 24, 200, 16),
        ("all else", 0, 200, 0),  # what is left of the 1000
    ]
    assert limits.limit(parts) == 336
    assert limits.Spent("", 1, 0).limit == 1


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("smlad", "multiplying"),
        ("smmlar", "requantising"),
        ("smull", "requantising"),
        ("mul", "multiplying"),
        ("ldrd", "loading"),
        ("sxtab16", "widening, packing"),
        ("bl", "branching, calling"),
        ("bic", "the rest"),
        ("add", "the rest"),
    ],
)
def test_instructions_are_told_apart_by_name(name, title):
    assert work.class_of(name) == title


def test_the_work_of_a_model_is_every_instruction_it_took():
    compiled = build(Model("net", random_graph(0)), "nrf52840")
    found = work.work(compiled)
    result = summarize(compiled, agreed(compiled, 1))
    assert found is not None
    assert found.instructions == result.instructions
    assert 0 < found.glue < found.instructions
    assert found.by_class["multiplying"] > 0


def test_the_page_shows_every_goal_and_lists_the_missed(result, lines, taken):
    results = dict.fromkeys(measure.cases(others=True), result)
    text = page.page(results, WORKS, lines, taken)
    assert "| KWS | ram | 1,000 ≤ 3,500,000 | 2,300 ≤ 7,000 | 5,000 ≤ 14,000 |" in text
    assert "| AD | ram | 1,000 ≤ 400,000 | 2,300 ≤ 2,400 | **5,000 > 3,500, missed by" in text
    assert "| VWW, pushed line by line | push | 140 ≤ 6,400,000 | " in text
    assert "| SWW, one pushed frame | push | 70 ≤ 90,000 | 2,300 ≤ 4,800 |" in text
    assert "| IC, Winograd | 1,000 ≤ 9,500,000 | 2,300 ≤ 24,000 | 3,000 ≤ 150,000 | 5,000 |" in text
    assert "| KWS | 1,200 ≤ 4,500,000 | 5,190,000 | 0.00 | **ahead** |" in text
    assert "| KWS | 504 | 1,000 | 1.98 | 336 | 2.98 | 664 |" in text
    assert "|  | depthwise convolution | 24 | 200 | 8.33 | 16 | 12.50 | 184 | 27.7 % |" in text
    assert "| build | multiplying | the rest | glue |" in text
    assert "| KWS | 30.0 % | 70.0 % | 8.0 % |" in text
    assert "| stm32h743 | SWW | 1,000 ≤ 1,030 | – | – |" in text
    assert "| VWW | 20.0 ≤ 40.0 | **10.5 > 10.0, missed by 5.0 %** | **24 < 30, missed" in text
    assert "`verify` of VWW on 100 samples, in seconds: 60.0 ≤ 60.0." in text
    # 28 of builds, 3 of Winograd, 4 of cycles, 25 of cores, 6 of times, 1 of verify
    assert (
        "64 of 67 goals are met. Missed:\n\n* AD: code, by 42.9 %\n"
        "* VWW: compile, warm, by 5.0 %\n* VWW: emulation, by 20.0 %\n"
    ) in text


def test_a_quick_page_leaves_cores_and_times_out_and_says_so(result, lines):
    results = dict.fromkeys(measure.cases(others=False), result)
    text = page.page(results, WORKS, lines, None)
    assert "--quick`, which leaves other cores and times out" in text
    assert "### Other cores" not in text
    assert "### Times" not in text
    assert "34 of 35 goals are met" in text


def test_without_models_it_says_so_and_writes_nothing(tmp_path: Path):
    before = (RUN.parent / "RESULTS.md").read_bytes()
    done = subprocess.run(
        [sys.executable, str(RUN)],
        capture_output=True,
        text=True,
        check=True,
        env={"MILLIWATT_SHARED": str(tmp_path), "PATH": ""},
    )
    assert "nothing measured" in done.stderr
    assert "baselines.json is absent (set MILLIWATT_SHARED)" in done.stderr
    assert (RUN.parent / "RESULTS.md").read_bytes() == before
