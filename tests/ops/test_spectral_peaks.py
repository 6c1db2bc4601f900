"""The strongest peaks of spectra."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, TensorType
from milliwatt.ops.dsp.spectral_peaks import SpectralPeaks


def peaks(spectrum: list[int], **options: int) -> list[int]:
    x = TensorType((1, 1, len(spectrum)), DType.S64)
    (y,) = SpectralPeaks(**options).evaluate((x,), (np.array([[spectrum]], np.int64),))
    return y[0, 0].tolist()


def test_peaks_by_hand():
    # 9 frequencies, hence 2048 apart: 8 at 3, the left one of 4 4 at 5, the shoulder 2 at 1 is none
    found = peaks([2, 2, 1, 8, 1, 4, 4, 0, 9], count=3)
    assert found == [3 * 2048, 5 * 2048, 0, 3 * 512, 2 * 512, 0]


def test_equals_come_in_order_and_two_channels_side_by_side():
    found = peaks([0, 4, 0, 4, 0, 0, 0, 0, 2, 0], count=2, channels=2)
    assert found == [4096, 3 * 4096, 1024, 1024, 3 * 4096, 0, 512, 0]


def test_the_lowest_frequency_is_never_one():
    assert peaks([9, 1, 5, 1, 2], count=1) == [2 * 4096, round(512 * np.log2(5))]
    assert peaks([0, 9, 0, 3, 0], count=1, first=2) == [3 * 4096, round(512 * np.log2(3))]


def test_what_cannot_be_is_refused():
    with pytest.raises(ShapeMismatch, match="first 4 of 5 frequencies; wanted 1 to 3"):
        SpectralPeaks(1, first=4).infer((TensorType((1, 1, 5), DType.S64),))
