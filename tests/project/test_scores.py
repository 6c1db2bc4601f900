"""From scores to answers to counts, by hand."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="intervals stand in the room that needs PyTorch")

from milliwatt.project.file import Decide, Target
from milliwatt.project.goals import goals
from milliwatt.project.scores import (
    Answers,
    Units,
    answers,
    chosen_threshold,
    counted,
    leads_of,
)
from milliwatt.report.result import Metric

# three recordings: of two, three and one windows; the second is the only one of class 1
UNITS = Units(
    y=np.array([0, 0, 1, 0, 1, 2]),
    recording=np.array([0, 0, 1, 1, 1, 2]),
    recording_y=np.array([0, 1, 2]),
)
SCORES = np.array(
    [[3.0, 1, 0], [0, 2, 1], [0, 3, 0], [5, 0, 0], [0, 1, 0], [0, 2, 1.5]]
)  # leads of class 1: -2, 1, 3, -5, 1, 0.5


def decided(**how: object) -> list[int]:
    threshold = float(how.pop("at", 0.0))
    return answers(SCORES, UNITS, Decide(**how), 1, threshold).given.tolist()


def test_each_window_answers_for_itself():
    assert decided() == [0, 1, 1, 0, 1, 1]


def test_windows_of_a_recording_are_summed():
    assert decided(per="recording") == [0, 0, 1]


def test_one_window_with_a_lead_is_enough():
    assert decided(per="recording", how="any", positive="b", at=2.5) == [0, 1, 2]
    assert decided(per="recording", how="any", positive="b", at=1.0) == [1, 1, 2]


def test_so_many_windows_in_a_row_must_lead():
    np.testing.assert_array_equal(leads_of(SCORES, UNITS, 1, 1), [1, 3, 0.5])
    np.testing.assert_array_equal(leads_of(SCORES, UNITS, 2, 1), [-2, -5, 0.5])
    assert decided(per="recording", how="any", positive="b", windows=2, at=0.0) == [0, 0, 1]


def test_a_window_needs_the_lead_too():
    assert decided(how="any", positive="b", at=1.0) == [0, 1, 1, 0, 1, 2]


def test_the_threshold_lies_in_the_middle_of_the_widest_gap():
    leads = np.array([-3.0, -1.0, 2.0, 6.0])
    assert chosen_threshold(leads, np.array([False, False, True, True])) == 0.5
    # one kind of mistake either way: between 2 and 6 there is more room than between -3 and -1
    mixed = chosen_threshold(np.array([-3.0, -1.0, 2.0, 6.0]), np.array([False, True, False, True]))
    assert mixed == 4.0


def test_counts():
    found = Answers(np.array([0, 1, 1, 1]), np.array([0, 1, 0, 1]))
    assert (found.right.right, found.right.total) == (3, 4)
    sensitivity, specificity = (found.among(1, positive=p) for p in (True, False))
    assert sensitivity is not None
    assert specificity is not None
    assert (sensitivity.right, sensitivity.total) == (2, 3)
    assert (specificity.right, specificity.total) == (1, 1)
    assert found.among(2, positive=True) is None
    assert found.confusion(2) == ((1, 0), (1, 2))


def test_goals_are_met_or_missed_by_what_the_device_does(result):
    metric = Metric("Accuracy", counted(10, 10), counted(9, 10), counted(8, 10))
    target = Target(accuracy=0.85, int8_drop=0.1, flash=result.flash.total, ram=1, sensitivity=0.9)
    found = goals(target, result, (metric,), None, None)
    assert [(g.name, g.met) for g in found] == [
        ("accuracy", False),
        ("sensitivity", None),
        ("int8 accuracy", True),
        ("flash", True),
        ("RAM", False),
    ]
    assert found[0].measured == "80.0 % (8 of 10)"


@pytest.fixture
def result():
    from samples import FULL

    return FULL
