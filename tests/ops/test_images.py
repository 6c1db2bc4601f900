"""Gray and resized images."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, TensorType
from milliwatt.ops.dsp.gray import Gray
from milliwatt.ops.dsp.resize import Resize


def image(*shape):
    return TensorType((1, *shape), DType.U8)


def test_the_weights_of_the_colours():
    pixels = np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]]], np.uint8)
    (y,) = Gray().evaluate((image(1, 4, 3),), (pixels,))
    # 255 * 77 / 256 = 76.7, 255 * 150 / 256 = 149.4, 255 * 29 / 256 = 28.9
    np.testing.assert_array_equal(y[0, 0, :, 0], [77, 149, 29, 9])


def test_gray_is_close_to_the_standard():
    pixels = np.random.default_rng(0).integers(0, 256, (1, 50, 50, 3)).astype(np.uint8)
    (y,) = Gray().evaluate((image(50, 50, 3),), (pixels,))
    exact = pixels @ np.array([0.299, 0.587, 0.114])
    # each weight is off by at most half of 1 / 256, and the result by half for rounding
    assert np.abs(y[..., 0] - exact).max() <= 255 * 3 * 0.5 / 256 + 0.5


def test_three_lines_to_two_by_hand():
    # the first new line is the first and half of the second: (2 * 10 + 40) / 3 = 20
    pixels = np.array([10, 40, 70], np.uint8).reshape(1, 3, 1, 1)
    (y,) = Resize(2, 1).evaluate((image(3, 1, 1),), (pixels,))
    np.testing.assert_array_equal(y.reshape(-1), [20, 60])


def test_whole_factors_are_means_of_blocks():
    pixels = np.random.default_rng(0).integers(0, 256, (1, 12, 8, 2)).astype(np.uint8)
    (y,) = Resize(4, 4).evaluate((image(12, 8, 2),), (pixels,))
    means = pixels.reshape(1, 4, 3, 4, 2, 2).astype(int).sum(axis=(2, 4))
    np.testing.assert_array_equal(y, (means + 3) // 6)


def test_enlarging_repeats_pixels():
    pixels = np.array([[1, 2], [3, 4]], np.uint8).reshape(1, 2, 2, 1)
    (y,) = Resize(4, 2).evaluate((image(2, 2, 1),), (pixels,))
    np.testing.assert_array_equal(y[0, :, :, 0], [[1, 2], [1, 2], [3, 4], [3, 4]])


def test_the_same_size_is_the_same_image():
    pixels = np.random.default_rng(0).integers(0, 256, (1, 7, 5, 3)).astype(np.uint8)
    (y,) = Resize(7, 5).evaluate((image(7, 5, 3),), (pixels,))
    np.testing.assert_array_equal(y, pixels)


def test_what_is_no_image_is_refused():
    with pytest.raises(ShapeMismatch, match=r"input u8\[1, 4, 4, 1\]; wanted u8\[1, H, W, 3\]"):
        Gray().infer((image(4, 4, 1),))
    with pytest.raises(ShapeMismatch, match="0 x 4; wanted at least 1 x 1"):
        Resize(0, 4).infer((image(4, 4, 1),))
    with pytest.raises(ShapeMismatch, match="of at most 8388608 pixels"):
        Resize(4, 4).infer((image(4096, 4096, 1),))
