"""Scores by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.errors import InputError
from milliwatt.learn import (
    accuracy,
    balanced_accuracy,
    class_scores,
    confusion_matrix,
    detection,
    false_accepts,
    predictions,
    roc_auc,
    sqnr_db,
)

EXPECTED = np.array([0, 0, 1, 2])
PREDICTED = np.array([0, 1, 1, 0])


def test_by_hand():
    assert predictions(np.array([[1, 3, 2], [5, 5, 0]])).tolist() == [1, 0]
    assert accuracy(EXPECTED, PREDICTED) == 0.5
    assert confusion_matrix(EXPECTED, PREDICTED, 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_matrix_holds_every_case_once(pairs):
    expected, predicted = np.array(pairs).T
    matrix = confusion_matrix(expected, predicted, 5)
    assert matrix.sum() == len(pairs)
    np.testing.assert_array_equal(matrix.sum(axis=1), np.bincount(expected, minlength=5))
    assert np.trace(matrix) / len(pairs) == accuracy(expected, predicted)


def test_noise_of_a_tenth_of_the_amplitude_is_20_db():
    assert sqnr_db(np.array([3.0, 4.0]), np.array([3.5, 4.0])) == pytest.approx(20.0)
    assert sqnr_db(np.array([1.0]), np.array([1.0])) == math.inf
    assert sqnr_db(np.array([0.0]), np.array([1.0])) == -math.inf


@pytest.mark.parametrize(("a", "b"), [([0, 1], [0]), ([], [])])
def test_lists_of_two_lengths_or_none(a, b):
    with pytest.raises(InputError, match="two lists of one length, not empty"):
        accuracy(np.array(a), np.array(b))


def test_a_label_beyond_the_classes():
    with pytest.raises(InputError, match="predicted labels span 0 to 1; wanted 0 to 0"):
        confusion_matrix(np.array([0, 0]), np.array([0, 1]), 1)


def test_class_scores_by_hand():
    zero, one, two = class_scores(EXPECTED, PREDICTED, 3)
    # class 0: found 1 of 2, taken twice; class 1 likewise, but of 1; class 2 never taken
    assert (zero.precision, zero.recall, zero.f1, zero.count) == (0.5, 0.5, 0.5, 2)
    assert (one.precision, one.recall, one.f1, one.count) == (0.5, 1.0, 2 / 3, 1)
    assert (two.precision, two.recall, two.f1, two.count) == (None, 0.0, None, 1)
    assert balanced_accuracy(EXPECTED, PREDICTED, 4) == pytest.approx((0.5 + 1.0 + 0.0) / 3)


def test_detection_by_hand():
    found = detection(EXPECTED, PREDICTED, positive=0)
    assert (found.hits, found.positives, found.false_alarms, found.negatives) == (1, 2, 1, 2)
    assert (found.sensitivity, found.specificity) == (0.5, 0.5)
    assert detection(EXPECTED, PREDICTED, positive=7).sensitivity is None


def test_area_by_hand():
    positive = np.array([True, False, True, False])
    # of four pairs: 3 > 1, 3 > 2, 2 > 1, and a tie
    assert roc_auc(positive, np.array([3, 1, 2, 2])) == 3.5 / 4
    assert roc_auc(positive, np.array([1, 0, 1, 0])) == 1.0


@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2))
def test_area_counts_pairs(samples):
    positive, scores = np.array([p for p, _ in samples]), np.array([s for _, s in samples])
    if positive.all() or not positive.any():
        with pytest.raises(InputError, match="some of both kinds"):
            roc_auc(positive, scores)
        return
    pairs = np.sign(scores[positive][:, None] - scores[~positive][None])
    # halves and their sums are exact in double precision; the quotient is rounded once each
    assert roc_auc(positive, scores) == pytest.approx((pairs.mean() + 1) / 2, abs=1e-12)


def test_false_accepts_carry_their_interval():
    seen = false_accepts(4, 2.0)
    assert seen.per_hour == 2.0
    assert seen.interval.low < 2.0 < seen.interval.high
