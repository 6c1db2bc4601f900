"""Sums, and how operands broadcast, worked by hand."""

import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Quant, Window
from milliwatt.ops.nn.add import Add

HALF = Quant((0.5,), 10)


def test_operands_of_two_scales_meet_on_the_output_scale():
    # 0.5 * (12 - 2) + 0.25 * (8 + 4) = 5 + 3 = 8 = 0.5 * (26 - 10);  0.5 * 1 + 0.25 * -4 = -0.5
    y = evaluate(Add(HALF), ([12, 3], s8((2,), 0.5, 2)), ([8, -8], s8((2,), 0.25, -4)))
    assert y.tolist() == [26, 9]


def test_halves_of_the_output_round_away_from_zero():
    # in steps of 1/2 the sums are 3, -3, 4, 1 on an output in steps of 1
    y = evaluate(Add(Quant((1.0,))), ([3, -2, 3, 1], s8((4,), 0.5)), ([0, -1, 1, 0], s8((4,), 0.5)))
    assert y.tolist() == [2, -2, 2, 1]


def test_sums_saturate_and_clamp():
    a, b = ([100, -100], s8((2,))), ([100, -100], s8((2,)))
    assert evaluate(Add(Quant((1.0,))), a, b).tolist() == [127, -128]
    assert evaluate(Add(Quant((1.0,)), (0, 6)), a, b).tolist() == [6, 0]


def test_either_operand_broadcasts():
    column, row = ([1, 2], s8((2, 1))), ([10, 20, 30], s8((3,)))
    wanted = [[11, 21, 31], [12, 22, 32]]
    assert evaluate(Add(Quant((1.0,))), column, row).tolist() == wanted
    assert evaluate(Add(Quant((1.0,))), row, column).tolist() == wanted


def test_a_broadcast_operand_gives_its_only_row_to_all():
    op = Add(Quant((1.0,)))
    assert op.rows((s8((1, 5, 4)), s8((4,)))) == (Window(1, 1, 0), Window(0, 1, 0))
    assert op.rows((s8((1, 1, 4)), s8((1, 5, 4)))) == (Window(0, 1, 0), Window(1, 1, 0))


def test_rows_along_another_axis_are_refused():
    # of [1, 5, 4, 3] rows lie along 5; [4, 3] alone would have rows along 4
    with pytest.raises(ShapeMismatch, match=r"are not those of the output .* give it 4 dimensions"):
        Add(Quant((1.0,))).infer((s8((1, 5, 4, 3)), s8((4, 3))))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeMismatch, match="do not broadcast together"):
        Add(Quant((1.0,))).infer((s8((3,)), s8((4,))))


def test_a_third_loop_within_a_row_is_refused():
    with pytest.raises(ShapeMismatch, match="alternate between equal and 1"):
        Add(Quant((1.0,))).infer((s8((1, 2, 3, 4, 5)), s8((1, 2, 3, 1, 5))))


def test_an_output_far_too_fine_is_refused():
    with pytest.raises(ShapeMismatch, match="scales are too large for the output"):
        Add(Quant((2.0**-21,))).infer((s8((3,)), s8((3,))))
