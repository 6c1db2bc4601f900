"""Scores by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.errors import InputError
from milliwatt.learn import accuracy, confusion_matrix, predictions, sqnr_db

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
