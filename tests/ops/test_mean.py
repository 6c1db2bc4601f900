"""Means over axes, worked by hand."""

import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Quant, Special, Window
from milliwatt.ops.nn.mean import Mean

ONE = Quant((1.0,), 3)
X = s8((1, 2, 2, 2), 0.5, -1)
VALUES = [[[1, 3], [5, 7]], [[9, 11], [13, 15]]]


def test_height_and_width():
    # ((1 + 5 + 9 + 13) / 4 + 1) * 0.5 = 4, and 5
    y = evaluate(Mean(ONE, (1, 2)), (VALUES, X))
    assert y.tolist() == [[7, 8]]
    assert evaluate(Mean(ONE, (2, 1), keep_dims=True), (VALUES, X)).tolist() == [[[[7, 8]]]]


def test_rows_alone():
    # ((1 + 9) / 2 + 1) * 0.5 = 3, then 4, 5, 6
    assert evaluate(Mean(ONE, (1,)), (VALUES, X)).tolist() == [[[6, 7], [8, 9]]]


def test_within_rows():
    # over the width ((1 + 5) / 2 + 1) * 0.5 = 2, 3;  6, 7
    assert evaluate(Mean(ONE, (2,)), (VALUES, X)).tolist() == [[[5, 6], [9, 10]]]
    assert evaluate(Mean(ONE, (-2,)), (VALUES, X)).tolist() == [[[5, 6], [9, 10]]]
    # over the channels ((1 + 3) / 2 + 1) * 0.5 = 1.5 -> 2;  3.5 -> 4;  5.5 -> 6;  7.5 -> 8
    assert evaluate(Mean(ONE, (3,)), (VALUES, X)).tolist() == [[[5, 7], [9, 11]]]


def test_the_division_is_folded_into_the_multiplier():
    # 1/3 of 2**31 / 2, twice as exact: (2**30 << 1) // 3, with the shift of 1 undone
    assert Mean(ONE, (0,)).multiplier(s8((3,))) == ((1 << 31) // 3, 0)
    assert evaluate(Mean(Quant((1.0,)), (0,)), ([4, 4, 5], s8((3,)))).tolist() == 4


def test_the_rule_of_rows():
    assert Mean(ONE, (1,)).rows((X,)) is Special.ACCUMULATE
    assert Mean(ONE, (1, 2, 3)).rows((X,)) is Special.ACCUMULATE
    assert Mean(ONE, (2,)).rows((X,)) == (Window(),)


def test_what_does_not_work_is_refused():
    with pytest.raises(ShapeMismatch, match=r"axes \[4\] are not those of s8\[1, 2, 2, 2\]"):
        Mean(ONE, (4,)).infer((X,))
    with pytest.raises(ShapeMismatch, match="whose rows are others; keep the averaged dimensions"):
        Mean(ONE, (2, 3)).infer((X,))
    with pytest.raises(ShapeMismatch, match="are not neighbours"):
        Mean(ONE, (1, 3)).infer((s8((2, 2, 2, 2)),))
