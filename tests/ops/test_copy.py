"""Copy: the same elements at another place."""

import numpy as np

from milliwatt.ir import DType, TensorType, Window
from milliwatt.ops.nn.copy import Copy


def test_a_copy_is_equal_and_separate():
    x = TensorType((2, 2), DType.S64)
    array = np.array([[1, -(2**62)], [3, 4]])
    (y,) = Copy().evaluate((x,), (array,))
    assert Copy().infer((x,)) == (x,)
    np.testing.assert_array_equal(y, array)
    assert not np.shares_memory(y, array)
    assert Copy().rows((x,)) == (Window(),)
