"""RMS, skewness and kurtosis of frames against the formulas in double precision."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType, Window
from milliwatt.ops.dsp.frame_moments import FrameMoments

N = 64
FRAMES = arrays(np.int16, N, elements=st.integers(-32768, 32767))


def moments(frame: np.ndarray) -> np.ndarray:
    x = TensorType((1, len(frame), 1), DType.S16, Quant((1.0,)))
    return FrameMoments(len(frame), 1).evaluate((x,), (frame[None, :, None],))[0][0, 0] / 512


def test_one_outlier_by_hand():
    # deviations -1, -1, -1, 3 from the mean 1: m2 = 3, m3 = 6, m4 = 21; log2(sqrt(3)) = 0.79
    # and 6 / 3**1.5 = 1.155, log2(21 / 9) = 1.222
    got = moments(np.array([0, 0, 0, 4], np.int16))
    np.testing.assert_allclose(got, [0.7925, 1.1547, 1.2224], atol=1.5 / 512)


def test_a_frame_that_never_changes():
    # an RMS of 0 counts as a quarter, two octaves below 1
    np.testing.assert_array_equal(moments(np.full(16, -32768, np.int16)), [-2, 0, 0])


@given(FRAMES)
def test_all_are_near_the_formulas(frame):
    d = frame - frame.mean()
    m2, m3, m4 = (float((d**k).mean()) for k in (2, 3, 4))
    assume(m2 >= 100**2)
    rms, skewness, kurtosis = moments(frame)
    # The rounded mean is off by e = 0.5 at most and lengthens an RMS of 100 by e**2 / 2 / 100**2;
    # the logarithms of the energy and of N are off by 0.64 steps each, then comes a halving.
    assert abs(rms - np.log2(m2) / 2) <= (0.64 + 0.64 + 1) / 2 / 512 + 2e-5
    # Each deviation, in units of the RMS, is off by r: the mean, and half a step of 2**-10 of the
    # largest, which is at most sqrt(N) RMS. That moves the mean of d**k by k * r * (mean of
    # |d|**(k - 1)), and m2 in the denominators by 2 * r; the last rounding and others are a step.
    r = 0.5 / np.sqrt(m2) + 0.5 / 1024 * np.abs(d).max() / np.sqrt(m2)
    absolute = float((np.abs(d) ** 3).mean()) / m2**1.5
    exact_skewness, exact_kurtosis = m3 / m2**1.5, m4 / m2**2
    limit = 2 * (3 * r + 3 * r * abs(exact_skewness)) + 1.5 / 512
    assert abs(skewness - exact_skewness) <= limit
    limit = 2 * (4 * r * absolute + 4 * r * exact_kurtosis) + 1.5 / 512
    # what is off in the ratio, as a difference of logarithms; then the logarithm's own 0.64 steps
    lowest = max(1.0, exact_kurtosis - limit)
    assert abs(kurtosis - np.log2(exact_kurtosis)) <= limit / lowest / np.log(2) + 0.64 / 512


def test_the_layout_and_the_rows_it_needs():
    x = TensorType((1, 10, 3), DType.S16, Quant((0.5,)))
    assert FrameMoments(4, 3).infer((x,)) == (TensorType((1, 3, 9), DType.S16, Quant((2**-9,))),)
    assert FrameMoments(4, 3).rows((x,)) == (Window(stride=3, span=4),)


def test_a_frame_longer_than_the_input_is_refused():
    with pytest.raises(ShapeMismatch, match="a frame of 11 rows is longer than"):
        FrameMoments(11, 1).infer((TensorType((1, 10, 3), DType.S16),))
