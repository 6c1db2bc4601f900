"""Padding with the zero point or with a value."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import DType, Quant, TensorType, Window
from milliwatt.ops.nn.pad import Pad

X = TensorType((1, 1, 2), DType.S8, Quant((0.5,), -3))
PADS = ((0, 0), (1, 0), (0, 2))


def test_the_zero_point_surrounds_the_input():
    (y,) = Pad(PADS).evaluate((X,), (np.array([[[7, 8]]], np.int8),))
    np.testing.assert_array_equal(y, [[[-3, -3, -3, -3], [7, 8, -3, -3]]])
    assert Pad(PADS).infer((X,)) == (TensorType((1, 2, 4), DType.S8, X.quant),)
    assert Pad(PADS).rows((X,)) == (Window(pad=1),)


def test_a_value_is_the_stored_integer():
    (y,) = Pad(PADS, value=0).evaluate((X,), (np.array([[[7, 8]]], np.int8),))
    np.testing.assert_array_equal(y, [[[0, 0, 0, 0], [7, 8, 0, 0]]])


def test_a_value_outside_the_type_is_refused():
    with pytest.raises(ShapeMismatch, match=r"value 128 does not fit s8\[1, 1, 2\]"):
        Pad(PADS, value=128).infer((X,))


def test_the_batch_axis_is_refused():
    with pytest.raises(UnsupportedOp, match=r"reach the batch axis of s8\[1, 1, 2\]"):
        Pad(((1, 0), (0, 0), (0, 0))).infer((X,))


def test_a_missing_axis_is_refused():
    with pytest.raises(ShapeMismatch, match=r"2 paddings for input .*, which has 3 axes"):
        Pad(((1, 0), (0, 0))).infer((X,))


def test_scales_by_channel_are_refused():
    x = TensorType((1, 1, 2), DType.S8, Quant((0.5, 1.0), 0, 2))
    with pytest.raises(UnsupportedOp, match="2 scales on axis 2; only one scale for the tensor"):
        Pad(PADS).infer((x,))
