"""Concatenation: side by side, and one row after another."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import DType, Quant, TensorType, Window
from milliwatt.ops.nn.concatenation import Concatenation

Q = Quant((0.5,), -3)
A = TensorType((1, 2, 2), DType.S8, Q)
B = TensorType((1, 2, 1), DType.S8, Q)
C = TensorType((1, 3, 2), DType.S8, Q)


def test_channels_lie_side_by_side_in_each_row():
    a, b = np.array([[[1, 2], [3, 4]]], np.int8), np.array([[[5], [6]]], np.int8)
    (y,) = Concatenation(2).evaluate((A, B), (a, b))
    np.testing.assert_array_equal(y, [[[1, 2, 5], [3, 4, 6]]])
    assert Concatenation(2).infer((A, B)) == (TensorType((1, 2, 3), DType.S8, Q),)
    assert Concatenation(2).rows((A, B)) == (Window(), Window())


def test_along_rows_each_operand_begins_where_the_one_before_ends():
    assert Concatenation(1).infer((A, C, A)) == (TensorType((1, 7, 2), DType.S8, Q),)
    windows = Concatenation(1).rows((A, C, A))
    assert windows == (Window(pad=0), Window(pad=2), Window(pad=5))
    assert windows[1].needs(2, 3) == (0, 3)  # output rows 2 to 4 are the second operand's 0 to 2


def test_another_quantisation_is_refused():
    other = TensorType((1, 2, 1), DType.S8, Quant((0.25,), -3))
    with pytest.raises(
        ShapeMismatch, match=r"operand 1 is s8\[1, 2, 1\].*quantisation of operand 0"
    ):
        Concatenation(2).infer((A, other))


def test_sizes_that_differ_elsewhere_are_refused():
    wanted = r"operand 1 is s8\[1, 3, 2\]; wanted s8\[1, 2, 2\] but for axis 2"
    with pytest.raises(ShapeMismatch, match=wanted):
        Concatenation(2).infer((A, C))


def test_the_batch_axis_is_refused():
    with pytest.raises(UnsupportedOp, match="along the batch axis 0; reshape"):
        Concatenation(0).infer((A, A))
