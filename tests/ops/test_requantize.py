"""Requantisation between integer types."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.nn.requantize import Requantize


def test_to_another_scale_and_zero_point_by_hand():
    x = TensorType((4,), DType.S16, Quant((0.25,), 0))
    op = Requantize(Quant((1.0,), 10), DType.S8)
    # a quarter is 1/2, rounded, then halved, rounded again: 5 -> 2.5 -> 3 -> 1.5 -> 2, although
    # 5/4 is nearer to 1; 6 -> 3 -> 1.5 -> 2; -6 -> -3 -> -1.5 -> -2; 30000 saturates
    (y,) = op.evaluate((x,), (np.array([5, 6, -6, 30000], np.int16),))
    np.testing.assert_array_equal(y, np.array([12, 12, 8, 127], np.int8))


def test_to_32_bits_by_hand():
    x = TensorType((2,), DType.S8, Quant((0.5,), -128))
    (y,) = Requantize(Quant((0.125,)), DType.S32).evaluate((x,), (np.array([-128, 127], np.int8),))
    np.testing.assert_array_equal(y, np.array([0, 255 * 4], np.int32))


def test_32_bits_have_no_zero_point():
    x = TensorType((2,), DType.S8, Quant((0.5,), -128))
    with pytest.raises(ShapeMismatch, match="s32 with zero point 7; wanted 0"):
        Requantize(Quant((0.125,), 7), DType.S32).infer((x,))


def test_floats_are_not_an_output():
    x = TensorType((2,), DType.S8, Quant((0.5,)))
    with pytest.raises(ShapeMismatch, match="output is f32; wanted s8 or u8 or s16 or s32"):
        Requantize(Quant((0.125,)), DType.F32).infer((x,))
