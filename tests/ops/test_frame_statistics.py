"""Mean and deviation of frames, in whole numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType, Window
from milliwatt.ops.dsp.frame_statistics import FrameStatistics

S16 = st.integers(-32768, 32767)


def statistics(columns: list[list[int]], frame: int, hop: int) -> list[list[int]]:
    """Return the output rows for an input given channel by channel."""
    array = np.array(columns, np.int16).T[None]
    x = TensorType(array.shape, DType.S16, Quant((0.5,)))
    (y,) = FrameStatistics(frame, hop).evaluate((x,), (array,))
    return [[int(v) for v in row] for row in y[0]]


def test_two_frames_by_hand():
    # channel 0: 2, 4 has mean 3 and deviation 1; 4, 9 has 6.5 (7, away from zero) and 2.5 (3)
    # channel 1: -1, -2 has mean -1.5 (-2) and deviation 0.5 (1); -2, -2 has -2 and 0
    assert statistics([[2, 4, 9], [-1, -2, -2]], frame=2, hop=1) == [[3, -2, 1, 1], [7, -2, 3, 0]]


def test_extremes_saturate():
    # mean -0.5, deviation 32767.5
    assert statistics([[-32768, 32767]], frame=2, hop=2) == [[-1, 32767]]


@given(st.lists(S16, min_size=1, max_size=20))
def test_both_are_the_nearest_whole_numbers(values):
    n, ((mean, deviation),) = len(values), statistics([values], frame=len(values), hop=1)
    assert abs(n * mean - sum(values)) * 2 <= n
    spread = n * sum(v * v for v in values) - sum(values) ** 2
    # deviation - 1/2 <= sqrt(spread) / n < deviation + 1/2, all multiplied by 2n
    root = math.isqrt(4 * spread)
    assert deviation == 32767 or n * (2 * deviation - 1) <= root < n * (2 * deviation + 1)


def test_the_layout_and_the_rows_it_needs():
    x = TensorType((1, 10, 3), DType.S16, Quant((0.5,)))
    assert FrameStatistics(4, 3).infer((x,)) == (TensorType((1, 3, 6), DType.S16, Quant((0.5,))),)
    assert FrameStatistics(4, 3).rows((x,)) == (Window(stride=3, span=4),)


def test_a_frame_longer_than_the_input_is_refused():
    with pytest.raises(
        ShapeMismatch, match=r"a frame of 11 rows is longer than .* s16\[1, 10, 3\]"
    ):
        FrameStatistics(11, 1).infer((TensorType((1, 10, 3), DType.S16),))
