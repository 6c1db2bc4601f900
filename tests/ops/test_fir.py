"""Filters of finite response."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, TensorType, Window
from milliwatt.ops.dsp.fir import Fir

X = TensorType((1, 5, 1), DType.S16)


def test_every_second_output_by_hand():
    # (1 * 4 + 3 * 10) / 4 = 8.5, 9; (1 * -2 + 3 * 1) / 4 = 0.25, 0
    op = Fir((1, 3), shift=2, hop=2)
    (y,) = op.evaluate((X,), (np.array([4, 10, -2, 1, 99], np.int16)[None, :, None],))
    assert y[0, :, 0].tolist() == [9, 0]
    assert op.rows((X,)) == (Window(stride=2, span=2),)


def test_it_is_a_convolution():
    signal = np.random.default_rng(0).integers(-3000, 3000, 5).astype(np.int16)
    taps = (5000, -7000, 20000)
    (y,) = Fir(taps, shift=15).evaluate((X,), (signal[None, :, None],))
    exact = np.convolve(signal, taps[::-1], "valid") / 2.0**15
    assert np.abs(y[0, :, 0] - exact).max() <= 0.5


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Fir((1,) * 6, 1), "6 taps for .*; wanted 1 to 5, within int16"),
        (Fir((32767, 32767), 1), "the taps add up to 65534; wanted at most 65504"),
        (Fir((1,), 0), "shift 0, hop 1; wanted 1 to 20, and at least 1"),
    ],
)
def test_what_cannot_be_is_refused(op, message):
    with pytest.raises(ShapeMismatch, match=message):
        op.infer((X,))
