"""Maximum pooling, worked by hand."""

from ops.worked import evaluate, s8

from milliwatt.ir import Quant, Window
from milliwatt.ops.nn.max_pool2d import MaxPool2d

ONE = Quant((1.0,), 5)
X = s8((1, 2, 3, 1), zero=5)
VALUES = [[1, 2, 4], [-1, -2, -7]]


def test_the_largest_of_each_window():
    assert evaluate(MaxPool2d(ONE, (2, 2)), (VALUES, X)).ravel().tolist() == [2, 4]
    assert evaluate(MaxPool2d(ONE, (1, 2), (1, 1)), (VALUES, X)).ravel().tolist() == [2, 4, -1, -2]


def test_the_margin_does_not_count():
    # the zero point of 5 would be larger than all
    op = MaxPool2d(ONE, (2, 2), (2, 2), (1, 1, 1, 0))
    assert evaluate(op, (VALUES, X)).ravel().tolist() == [1, 4, -1, -2]
    assert op.rows((X,)) == (Window(2, 2, 1),)


def test_results_clamp():
    op = MaxPool2d(ONE, (2, 2), (2, 2), (1, 1, 1, 0), clip=(0, 3))
    assert evaluate(op, (VALUES, X)).ravel().tolist() == [1, 3, 0, 0]
