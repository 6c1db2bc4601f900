"""Reshape: the elements stay in order."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, Special, TensorType
from milliwatt.ops.nn.reshape import Reshape

X = TensorType((1, 2, 3), DType.S8, Quant((0.5,), -3))


def test_elements_keep_their_order_and_their_quantisation():
    (y,) = Reshape((3, 2)).infer((X,))
    assert y == TensorType((3, 2), DType.S8, Quant((0.5,), -3))
    (array,) = Reshape((3, 2)).evaluate((X,), (np.arange(6, dtype=np.int8).reshape(X.shape),))
    np.testing.assert_array_equal(array, [[0, 1], [2, 3], [4, 5]])
    assert Reshape((3, 2)).rows((X,)) is Special.VIEW


def test_another_number_of_elements_is_refused():
    with pytest.raises(ShapeMismatch, match=r"s8\[1, 2, 3\] has 6 elements, \[4, 2\] needs 8"):
        Reshape((4, 2)).infer((X,))
