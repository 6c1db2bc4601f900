"""Strided slices, forwards and backwards."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import DType, TensorType, Window
from milliwatt.ops.nn.strided_slice import StridedSlice

X = TensorType((1, 4, 3), DType.S16)
ARRAY = np.arange(12, dtype=np.int16).reshape(X.shape)


def test_every_second_row_from_the_second_and_channels_backwards():
    op = StridedSlice(begin=(0, 1, 2), stride=(1, 2, -2), shape=(1, 2, 2))
    (y,) = op.evaluate((X,), (ARRAY,))
    np.testing.assert_array_equal(y, ARRAY[:, 1::2, 2::-2])
    np.testing.assert_array_equal(y, [[[5, 3], [11, 9]]])
    assert op.rows((X,)) == (Window(stride=2, pad=-1),)
    assert Window(stride=2, pad=-1).needs(1, 1) == (3, 1)


def test_leaving_the_input_is_refused():
    wanted = r"3 from 1 in steps of 2 leave axis 1 of s16\[1, 4, 3\]"
    with pytest.raises(ShapeMismatch, match=wanted):
        StridedSlice((0, 1, 0), (1, 2, 1), (1, 3, 3)).infer((X,))


def test_rows_backwards_are_refused():
    with pytest.raises(UnsupportedOp, match="stride -1 walks backwards along the rows"):
        StridedSlice((0, 3, 0), (1, -1, 1), (1, 2, 3)).infer((X,))


def test_a_new_batch_axis_is_refused():
    x = TensorType((2, 4, 3), DType.S16)
    with pytest.raises(UnsupportedOp, match="makes axis 0 the batch"):
        StridedSlice((1, 0, 0), (1, 1, 1), (1, 4, 3)).infer((x,))
