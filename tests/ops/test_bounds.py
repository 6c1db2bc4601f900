"""Bounds of accumulators: what they say is reached, and never passed."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.errors import ShapeMismatch
from milliwatt.ops.bounds import dot_bounds


def test_worked_by_hand():
    weights = np.array([[2, -3], [0, 0]], np.int8)
    bounds = dot_bounds(weights, np.array([10, -5], np.int32), 1)
    # 2 * (-129 … 126) - 3 * (-129 … 126) + 10; a filter of zeros leaves the bias
    assert bounds.low.tolist() == [-2 * 129 - 3 * 126 + 10, -5]
    assert bounds.high.tolist() == [2 * 126 + 3 * 129 + 10, -5]
    assert bounds.magnitude.tolist() == [649, 5]


@given(
    st.lists(st.integers(-128, 127), min_size=3, max_size=3),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-4, 3),
)
def test_are_the_extremes_over_all_inputs(taps, bias, zero_point):
    bounds = dot_bounds(np.array([taps], np.int8), np.array([bias], np.int32), zero_point, (-4, 3))
    sums = [
        bias + sum(w * (x - zero_point) for w, x in zip(taps, inputs, strict=True))
        for inputs in product(range(-4, 4), repeat=3)
    ]
    assert (bounds.low[0], bounds.high[0]) == (min(sums), max(sums))


def test_flatten_filters_of_any_shape():
    weights = np.arange(24, dtype=np.int8).reshape(2, 3, 2, 2)
    flat = dot_bounds(weights.reshape(2, 12), np.zeros(2, np.int32), 0)
    assert dot_bounds(weights, np.zeros(2, np.int32), 0).low.tolist() == flat.low.tolist()


def test_refuse_a_bias_of_another_length():
    with pytest.raises(ShapeMismatch, match="2 filters need as many biases"):
        dot_bounds(np.zeros((2, 3), np.int8), np.zeros(3, np.int32), 0)
