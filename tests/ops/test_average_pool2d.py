"""Average pooling, worked by hand."""

import numpy as np
import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Quant, Window
from milliwatt.kernels.pool import reciprocal_of_count
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.pool import LARGEST_WINDOW

ONE = Quant((1.0,), 5)
X = s8((1, 2, 3, 1), zero=5)
VALUES = [[1, 2, 4], [-1, -2, -7]]


def test_halves_round_away_from_zero():
    # (1 + 2 - 1 - 2) / 4 = 0;  (2 + 4 - 2 - 7) / 4 = -0.75
    assert evaluate(AveragePool2d(ONE, (2, 2)), (VALUES, X)).ravel().tolist() == [0, -1]
    # 1.5, 3, -1.5, -4.5
    assert evaluate(AveragePool2d(ONE, (1, 2)), (VALUES, X)).ravel().tolist() == [2, 3, -2, -5]


def test_the_margin_does_not_count():
    # the means of what lies inside: 1;  (2 + 4) / 2;  -1;  (-2 - 7) / 2
    op = AveragePool2d(ONE, (2, 2), (2, 2), (1, 1, 1, 0))
    assert evaluate(op, (VALUES, X)).ravel().tolist() == [1, 3, -1, -5]
    assert op.rows((X,)) == (Window(2, 2, 1),)


def test_results_clamp():
    op = AveragePool2d(ONE, (1, 2), clip=(-2, 2))
    assert evaluate(op, (VALUES, X)).ravel().tolist() == [2, 2, -2, -2]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 63, 4086, LARGEST_WINDOW])
def test_dividing_by_multiplication_is_exact(count):
    # every numerator that sums of int8 lead to; 31 is the shift that windows use
    numerators = np.arange(128 * count + count // 2 + 1, dtype=np.uint64)
    multiplier, shift = reciprocal_of_count(count)
    for m, s in ((multiplier, shift), (-(-(1 << 31) // count), 31)):
        quotients = (numerators * np.uint64(m)) >> np.uint64(s)
        np.testing.assert_array_equal(quotients, numerators // np.uint64(count))


def test_what_does_not_work_is_refused():
    with pytest.raises(ShapeMismatch, match="wanted the same; requantise"):
        AveragePool2d(Quant((1.0,), 4), (2, 2)).infer((X,))
    with pytest.raises(ShapeMismatch, match="outside the image"):
        AveragePool2d(ONE, (2, 2), pad=(2, 0, 0, 0)).infer((X,))
    with pytest.raises(ShapeMismatch, match="larger than the padded image"):
        AveragePool2d(ONE, (3, 1)).infer((X,))
    with pytest.raises(ShapeMismatch, match=f"at most {LARGEST_WINDOW}"):
        AveragePool2d(ONE, (64, 64)).infer((s8((1, 99, 99, 1), zero=5),))
