"""The loops of a broadcast within a row, worked by hand."""

import pytest
from ops.worked import s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ops.broadcast import RowLoop, row_loop

X = s8((1, 5, 4, 3))


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        (s8((1, 5, 4, 3)), RowLoop(1, 12, ((0, 1), (0, 1)))),  # all axes walk: one loop
        (s8((3,)), RowLoop(4, 3, ((3, 1), (0, 1)))),  # starts again at each pixel
        (s8((1, 5, 4, 1)), RowLoop(4, 3, ((3, 1), (1, 0)))),  # one element a pixel
        (s8((1, 1, 4, 3)), RowLoop(1, 12, ((0, 1), (0, 1)))),  # along rows only
        (s8((1,)), RowLoop(1, 12, ((0, 1), (0, 0)))),
    ],
)
def test_an_image_with_another_operand(other, wanted):
    assert row_loop("op", (X, other), X) == wanted


def test_both_may_stand_still():
    column, row, both = s8((2, 4, 1)), s8((2, 1, 3)), s8((2, 4, 3))
    assert row_loop("op", (column, row), both) == RowLoop(4, 3, ((1, 0), (0, 1)))


def test_axes_that_would_need_a_third_loop_are_refused():
    wide = s8((1, 2, 3, 4, 5))
    with pytest.raises(ShapeMismatch, match=r"op: within a row .* alternate"):
        row_loop("op", (wide, s8((1, 2, 3, 1, 5))), wide)
