"""Weighted sums of neighbouring frequencies."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.dsp.filterbank import Band, Filterbank

X = TensorType((1, 1, 6), DType.S64, Quant((0.5,)))
BANDS = (Band(0, (1, 2)), Band(1, (32768, 3)))


def test_two_bands_of_two_channels_by_hand():
    # channel 0 is 10, 20, 30: 10 + 2 * 20, and 32768 * 20 + 3 * 30; channel 1 is 1, 0, 2**50
    x = np.array([[[10, 20, 30, 1, 0, 2**50]]], np.int64)
    op = Filterbank(BANDS, channels=2)
    (y,) = op.evaluate((X,), (x,))
    assert y.tolist() == [[[50, 655450, 1, 3 * 2**50]]]
    assert op.infer((X,)) == (TensorType((1, 1, 4), DType.S64, Quant((0.5 * 2.0**-15,))),)


def test_a_band_outside_the_spectrum_is_refused():
    message = "band 1 covers frequencies 1 to 2; wanted at least one of the 2 there are"
    with pytest.raises(ShapeMismatch, match=message):
        Filterbank(BANDS, channels=3).infer((X,))


def test_a_weight_above_one_is_refused():
    with pytest.raises(ShapeMismatch, match="a weight of band 0 is outside 0 to 32768"):
        Filterbank((Band(0, (32769,)),)).infer((X,))
