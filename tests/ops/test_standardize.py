"""Channels to one scale."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.dsp.standardize import Standardize

X = TensorType((1, 1, 2), DType.S16, Quant((0.5,)))
OUT = Quant((0.0625,), -8)


def test_two_channels_by_hand():
    # channel 0: (130 - 100) / 10 = 3 deviations, 3 / 0.0625 = 48, less 8 = 40
    # channel 1: (-900 + 500) / 200 = -2, -2 / 0.0625 = -32, less 8 = -40
    op = Standardize(OUT, mean=(100, -500), deviation=(10.0, 200.0))
    (y,) = op.evaluate((X,), (np.array([[[130, -900]]], np.int16),))
    np.testing.assert_array_equal(y, np.array([[[40, -40]]], np.int8))
    assert op.infer((X,)) == (TensorType((1, 1, 2), DType.S8, OUT),)


def test_extremes_saturate_at_the_smallest_deviation():
    least = 1.0 / (2**14 * 0.0625) * 1.0000001
    op = Standardize(OUT, mean=(32767, -32768), deviation=(least, least))
    (y,) = op.evaluate((X,), (np.array([[[-32768, 32767]]], np.int16),))
    np.testing.assert_array_equal(y, np.array([[[-128, 127]]], np.int8))


def test_a_channel_that_never_changes_is_refused():
    wanted = r"deviation of channel 1 is 0 steps; wanted more than 0\.000976"
    with pytest.raises(ShapeMismatch, match=wanted):
        Standardize(OUT, (0, 0), (1.0, 0.0)).infer((X,))


def test_a_missing_channel_is_refused():
    with pytest.raises(ShapeMismatch, match="1 means and 2 deviations for the 2 channels"):
        Standardize(OUT, (0,), (1.0, 1.0)).infer((X,))
