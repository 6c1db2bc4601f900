"""Differences, worked by hand."""

import numpy as np
import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Quant
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.sub import Sub


def test_operands_of_two_scales_meet_on_the_output_scale():
    # 0.5 * (12 - 2) - 0.25 * (8 + 4) = 5 - 3 = 2 = 0.5 * (14 - 10);  0.5 * 1 - 0.25 * -4 = 1.5
    y = evaluate(Sub(Quant((0.5,), 10)), ([12, 3], s8((2,), 0.5, 2)), ([8, -8], s8((2,), 0.25, -4)))
    assert y.tolist() == [14, 13]


def test_halves_of_the_output_round_away_from_zero():
    # in steps of 1/2 the differences are 3, -3, 2, 1 on an output in steps of 1
    y = evaluate(Sub(Quant((1.0,))), ([3, -2, 3, 1], s8((4,), 0.5)), ([0, 1, 1, 0], s8((4,), 0.5)))
    assert y.tolist() == [2, -2, 1, 1]


def test_differences_saturate_and_clamp():
    a, b = ([100, -100], s8((2,))), ([-100, 100], s8((2,)))
    assert evaluate(Sub(Quant((1.0,))), a, b).tolist() == [127, -128]
    assert evaluate(Sub(Quant((1.0,)), (0, 6)), a, b).tolist() == [6, 0]


def test_the_multipliers_are_those_of_a_sum():
    types = (s8((1,), float(np.float32(1 / 3))), s8((1,), 0.5))
    q = Quant((float(np.float32(0.07)),))
    assert Sub(q).multipliers(types) == Add(q).multipliers(types)


def test_an_output_far_too_fine_is_refused():
    with pytest.raises(ShapeMismatch, match="scales are too large for the output"):
        Sub(Quant((2.0**-21,))).infer((s8((3,)), s8((3,))))
