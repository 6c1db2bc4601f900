"""Fixed linear maps of rows."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.dsp.projection import Projection

X = TensorType((1, 2, 2), DType.S16)


def test_two_outputs_by_hand():
    # (3 * 5 - 1 * 2) / 4 = 3.25, 3; (1 * 5 + 1 * 2) / 4 = 1.75, 2; halves go up: 6 / 4, -6 / 4
    op = Projection(((3, -1), (1, 1)), shift=2, scale=0.25)
    (y,) = op.evaluate((X,), (np.array([[[5, 2], [0, -6]]], np.int16),))
    assert y.tolist() == [[[3, 2], [2, -1]]]
    assert op.infer((X,)) == (TensorType((1, 2, 2), DType.S16, Quant((0.25,))),)


def test_extremes_saturate_and_do_not_wrap():
    op = Projection(((32767, 32737), (-32767, -32737)), shift=1, scale=1.0)
    (y,) = op.evaluate((X,), (np.array([[[-32768, -32768]]], np.int16),))
    assert y.tolist() == [[[-32768, 32767]]]
    assert op.infer((X,))


def test_weights_that_could_wrap_are_refused():
    op = Projection(((32767, 32738),), shift=1, scale=1.0)
    message = "the weights of output 0 add up to 65505; wanted at most 65504"
    with pytest.raises(ShapeMismatch, match=message):
        op.infer((X,))


def test_a_missing_weight_is_refused():
    with pytest.raises(ShapeMismatch, match="output 1 has 1 weights up to 7; wanted 2"):
        Projection(((1, 2), (7,)), shift=1, scale=1.0).infer((X,))
