"""Transpose: the axes in another order."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.kernels.gather import merged, row_major
from milliwatt.ops.nn.transpose import Transpose

X = TensorType((1, 2, 3), DType.S8, Quant((0.5,), -3))


def test_rows_become_columns():
    (y,) = Transpose((0, 2, 1)).evaluate((X,), (np.array([[[1, 2, 3], [4, 5, 6]]], np.int8),))
    np.testing.assert_array_equal(y, [[[1, 4], [2, 5], [3, 6]]])
    assert Transpose((0, 2, 1)).infer((X,)) == (TensorType((1, 3, 2), DType.S8, X.quant),)


def test_an_axis_named_twice_is_refused():
    wanted = r"\[0, 1, 1\] is no order of the axes of s8\[1, 2, 3\]"
    with pytest.raises(ShapeMismatch, match=wanted):
        Transpose((0, 1, 1)).infer((X,))


def test_scales_by_channel_are_refused():
    x = TensorType((2, 3), DType.S8, Quant((0.5, 1.0), 0, 0))
    with pytest.raises(UnsupportedOp, match="2 scales on axis 0; only one"):
        Transpose((1, 0)).infer((x,))


def test_axes_that_stay_neighbours_become_one_loop():
    # [2, 3, 4, 5] of int16 to [4, 5, 2, 3]: two pairs stay together, elements of 2 bytes
    steps = row_major((2, 3, 4, 5), 2)
    assert steps == [120, 40, 10, 2]
    loops = merged((4, 5, 2, 3), (10, 2, 120, 40), 2)
    assert (loops.counts, loops.steps, loops.size) == ((20, 6), (2, 40), 2)


def test_an_order_that_moves_nothing_is_one_block():
    loops = merged((2, 1, 4), (4, 4, 1), 1)
    assert (loops.counts, loops.steps, loops.size) == ((), (), 8)
    assert loops.params(2) == {"size": 8, "n0": 1, "step0": 0, "n1": 1, "step1": 0}
