"""Counts are what a sensor's register would hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.data import Channel, scale_for, to_counts, to_units
from milliwatt.errors import InputError

HALF_G = (Channel("x", "g", 0.5),)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0.0, 0),
        (1.0, 2),
        (0.25, 0),  # half a count, to even
        (0.75, 2),  # one and a half, to even
        (-0.75, -2),
        (16383.5, 32767),
        (1e9, 32767),  # saturates as the sensor does
        (-1e9, -32768),
    ],
)
def test_by_hand(value, count):
    assert to_counts(np.array([[value]]), HALF_G).tolist() == [[count]]


@given(st.floats(-1.99, 1.99), st.sampled_from([2.0, 4.0, 16.0]))
def test_a_round_trip_loses_half_a_count_at_most(value, full_scale):
    channels = (Channel("x", "g", scale_for(full_scale)),)
    back = to_units(to_counts(np.array([value]), channels), channels)
    # rounding moves by half a count; the scale is a power of two here, so nothing else does
    assert abs(back[0] - value) <= channels[0].scale / 2


def test_gaps_are_named_not_filled():
    values = np.array([[0.0, 1.0], [2.0, np.nan]])
    channels = (Channel("x", "g", 1.0), Channel("y", "g", 1.0))
    with pytest.raises(InputError, match=r"value at \(1, 1\) \(y\) is nan"):
        to_counts(values, channels)


def test_one_column_a_channel():
    with pytest.raises(InputError, match=r"\[4, 3\]; wanted a last axis of 1"):
        to_counts(np.zeros((4, 3)), HALF_G)
