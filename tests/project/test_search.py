"""The search over a stand-in for training and compiling, whose best candidate is known."""

import json

import pytest

pytest.importorskip("torch", reason="searching needs PyTorch: pip install 'milliwatt[compress]'")
pytest.importorskip("optuna", reason="searching needs optuna: pip install 'milliwatt[compress]'")
pytest.importorskip("torchao", reason="searching needs torchao: pip install 'milliwatt[compress]'")

from milliwatt.errors import DoesNotFit, InputError
from milliwatt.learn.price import Cost
from milliwatt.project.search import Candidate as Point
from milliwatt.project.search import Found, Space, Tried, search
from milliwatt.project.targets import Targets, parse_targets

FLOAT = 0.95


class Bench:
    """Pruning costs accuracy beyond 0.3 and saves flash; training rounded gives a little."""

    def __init__(self):
        self.asked = []

    def __call__(self, candidate, _progress):
        self.asked.append(candidate)
        how = candidate.how
        if how.prune > 0.65:
            raise DoesNotFit("stand-in: 9 bytes too few\nand a second line")
        lost = 0.2 * max(0.0, how.prune - 0.3) + 0.01 * (how.aware_epochs == 0)
        left = candidate.width * (1 - how.prune) * (0.5 if how.int4_weights else 1.0)
        cost = Cost(int(20_000 * left), int(4_000 * left), int(1e6 * left), 10 * left)
        return FLOAT - lost - (0.03 if how.int4_weights else 0), cost


@pytest.fixture
def go(tmp_path):
    def run(evaluate, trials, **changes):
        options = {
            "space": Space(widths=(1.0, 0.5)),
            "targets": Targets(),
            "reference": FLOAT,
            "max_drop": 1.0,
            "seed": 0,
            "store": tmp_path / "study.journal",
            "task": "stand-in",
        }
        return search(evaluate, trials=trials, **(options | changes))

    return run


def test_each_technique_is_tried_by_itself_first(go):
    bench = Bench()
    go(bench, 7)
    plain = Point()
    assert [str(c) for c in bench.asked] == [
        "int8",
        "mse, equalised, bias corrected",
        "trained rounded",
        "30 % pruned",
        "50 % pruned, trained rounded, distilled",
        "trained rounded, int4 weights",
        "width 0.5, distilled",
    ]
    assert bench.asked[0].how.aware_epochs == plain.how.aware_epochs == 0


def test_the_best_is_the_most_accurate_within_limits(go):
    found = go(Bench(), 30, targets=Targets(flash_bytes=15_000))
    best = found.best
    assert best is not None
    assert best.cost.flash_bytes <= 15_000
    assert best.accuracy == max(t.accuracy for t in found.tried if found.allows(t))
    assert best.accuracy >= FLOAT - 0.01


def test_limits_that_nothing_keeps_to_leave_the_front(go):
    found = go(Bench(), 8, targets=Targets(flash_bytes=10))
    assert found.best is None
    assert found.front


def test_what_was_done_is_not_done_again(go):
    first, second = Bench(), Bench()
    go(first, 6)
    found = go(second, 9)
    assert len(found.tried) == 9
    assert not set(first.asked) & set(second.asked)
    assert go(Bench(), 9).tried == found.tried


def test_an_interrupt_loses_the_one_trial_and_makes_it_again(go):
    class Cut(Bench):
        def __call__(self, candidate, progress):
            if len(self.asked) == 3:
                raise KeyboardInterrupt
            return super().__call__(candidate, progress)

    with pytest.raises(KeyboardInterrupt):
        go(Cut(), 7)
    bench = Bench()
    found = go(bench, 7)
    assert "30 % pruned" in [str(c) for c in bench.asked]
    assert len({t.candidate for t in found.tried}) == 7


def test_the_same_seed_searches_alike(go, tmp_path):
    one = go(Bench(), 15)
    other = go(Bench(), 15, store=tmp_path / "other.journal")
    assert [t.candidate for t in one.tried] == [t.candidate for t in other.tried]


def test_another_task_starts_anew(go):
    go(Bench(), 3)
    bench = Bench()
    go(bench, 3, task="another")
    assert len(bench.asked) == 3


def test_what_does_not_fit_is_noted_and_passed_over(go):
    found = go(Bench(), 40)
    refused = [t for t in found.tried if t.cost is None]
    assert refused
    assert {t.refused for t in refused} == {"stand-in: 9 bytes too few"}
    assert not set(refused) & set(found.front)
    assert go(Bench(), 40).tried == found.tried


def tried(number, accuracy, flash, ram=1, instructions=1):
    return Tried(number, Point(), accuracy, Cost(flash, ram, instructions, 1.0))


def test_the_front_by_hand():
    found = Found(
        (
            tried(0, 0.9, 100),
            tried(1, 0.9, 120),  # worse than the first
            tried(2, 0.8, 50),
            tried(3, 0.7, 60),  # worse than the one before
            tried(4, 0.7, 60, ram=0),  # but with less RAM than any
            tried(5, 0.9, 100),  # as the first
        ),
        reference=0.9,
        max_drop=100,
        targets=Targets(),
    )
    assert [t.number for t in found.front] == [2, 4, 0]
    assert found.best.number == 0


@pytest.mark.parametrize(
    ("options", "text"), [({"trials": 0}, "0 trials"), ({"max_drop": -1}, "-1")]
)
def test_numbers_out_of_range_are_refused(go, options, text):
    with pytest.raises(InputError, match=text):
        go(Bench(), options.pop("trials", 1), **options)


def test_targets_are_read():
    assert parse_targets("flash=40KB,ram=16KiB, latency=50ms") == Targets(40_000, 16_384, 50.0)
    assert parse_targets("latency=250us").latency_ms == 0.25
    assert parse_targets("") == Targets()


@pytest.mark.parametrize(
    "text", ["flash", "flash=40", "flash=40ms", "speed=3ms", "ram=0B", "ram=1KB,ram=2KB", "ram=-1B"]
)
def test_wrong_targets_say_what_is_wanted(text):
    with pytest.raises(InputError, match=r"target '"):
        parse_targets(text)


def test_a_latency_that_nobody_knows_cannot_be_a_target():
    with pytest.raises(InputError, match="published timings"):
        Targets(latency_ms=5).allow(Cost(1, 1, 1, None))
    assert Targets(flash_bytes=5).allow(Cost(1, 1, 1, None))


def test_a_cost_is_json():
    assert json.loads(json.dumps(Cost(1, 2, 3, None).to_json())) == {
        "flash_bytes": 1,
        "ram_bytes": 2,
        "instructions": 3,
        "latency_ms": None,
    }
