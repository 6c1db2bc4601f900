"""The benchmark: what counts as met, which peers stand beside us, and how the tables read."""

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from milliwatt.errors import MilliwattError

RUN = Path(__file__).parent.parent / "bench" / "run.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The script as a module; it is no part of any package."""
    spec = importlib.util.spec_from_file_location("bench_run", RUN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def entry(bench: ModuleType):
    """A model at every limit: as much RAM as the leaner peer, a third of the instructions."""
    ours = bench.Figures("milliwatt", 100, 150, 39_999, 5000, 800, 0, 200)
    reference = bench.Figures("TFLM, reference kernels", 301, 400, 40_336, 6000, 900, 60, 40)
    tuned = bench.Figures("TFLM, CMSIS-NN", 90, None, 50_000, 6000, 950, 60, 50)
    peers = {bench.REFERENCE: reference, "TFLM + CMSIS-NN": tuned}
    return bench.Entry("kws", "nrf52840", ours, 16, peers, bench.WallTime(1.25, 2.5e8))


def test_a_model_at_every_limit_passes(bench: ModuleType, entry):
    assert [(c.what, c.found, c.limit, c.holds) for c in bench.checks(entry)] == [
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
def test_one_more_than_a_limit_is_a_miss(bench: ModuleType, entry, change, what):
    worse = replace(entry, ours=replace(entry.ours, **change))
    assert [c.what for c in bench.checks(worse) if not c.holds] == [what]


def test_speed_is_asked_of_one_board_only(bench: ModuleType, entry):
    other = replace(entry, board="rp2040")
    assert [c.what for c in bench.checks(other)] == ["RAM, bytes", "code, bytes"]


def test_exactly_a_third_is_not_under_a_third(bench: ModuleType, entry):
    peer = replace(entry.peers[bench.REFERENCE], instructions=300)
    slower = replace(entry, peers={**entry.peers, bench.REFERENCE: peer})
    assert [c.what for c in bench.checks(slower) if not c.holds] == ["instructions"]


def test_the_page_has_every_figure(bench: ModuleType, entry):
    page = bench.page([entry, replace(entry, board="rp2040")])
    assert "| kws | milliwatt | 100 |  | 150 | 39,999 | 5,000 | 800 | 0 | 200 | 1,000 |  |" in page
    assert (
        "|  | TFLM, CMSIS-NN | 90 | 0.90 | – | 50,000 | 6,000 | 950 | 60 | 50 | 1,060 | 1.06 |"
    ) in page
    assert "| kws | nrf52840 | instructions | 100 | 100 | yes |" in page
    assert "| kws | nrf52840 | 1.2 | 250 |" in page
    assert "**NO**" not in page


def test_peers_are_those_of_the_same_model_and_core(bench: ModuleType):
    line = {
        "model": "kws",
        "engine": bench.REFERENCE,
        "cpu": "cortex-m4f",
        "instructions": 7,
        "code_bytes": 6,
        "model_bytes": 5,
        "arena_bytes": 4,
        "static_ram_bytes": 3,
        "stack_bytes": 2,
    }
    others = [{**line, "model": "vww"}, {**line, "cpu": "cortex-m3"}, {**line, "engine": "?"}]
    found = bench._peers("kws", "cortex-m4f", [*others, line])
    assert found == {
        bench.REFERENCE: bench.Figures("TFLM, reference kernels", 7, None, 6, 5, 4, 3, 2)
    }
    with pytest.raises(MilliwattError, match=r"^baselines.json: found None, wanted an integer$"):
        bench._peers("kws", "cortex-m4f", [{**line, "instructions": None}])


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
