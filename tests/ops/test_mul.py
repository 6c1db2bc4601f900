"""Products, worked by hand."""

import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Quant
from milliwatt.ops.nn.mul import Mul


def test_a_product_on_the_output_scale():
    # 0.5 * (12 - 2) * 0.25 * (8 + 4) = 5 * 3 = 15 = 0.5 * (40 - 10);  0.5 * 1 * 0.25 * -4 = -0.5
    y = evaluate(Mul(Quant((0.5,), 10)), ([12, 3], s8((2,), 0.5, 2)), ([8, -8], s8((2,), 0.25, -4)))
    assert y.tolist() == [40, 9]


def test_the_two_roundings():
    # the factor 1/4 is 2**30 shifted right once: 1/2 upward, then 1/2 away from zero.
    # 6/4: 3 -> 1.5 -> 2;  -6/4: -3 -> -2;  5/4: 2.5 -> 3 -> 2 (1 if rounded once);  -5/4: -2 -> -1
    y = evaluate(Mul(Quant((4.0,))), ([6, -6, 5, -5], s8((4,))), ([1, 1, 1, 1], s8((4,))))
    assert y.tolist() == [2, -2, 2, -1]


def test_products_saturate_and_clamp():
    a, b = ([100, -100], s8((2,))), ([100, 100], s8((2,)))
    assert evaluate(Mul(Quant((1.0,))), a, b).tolist() == [127, -128]
    assert evaluate(Mul(Quant((1.0,)), (-3, 6)), a, b).tolist() == [6, -3]


def test_a_factor_for_each_channel():
    x, w = ([[1, 2], [3, 4]], s8((1, 2, 2))), ([10, -1], s8((2,)))
    assert evaluate(Mul(Quant((1.0,))), x, w).tolist() == [[[10, -2], [30, -4]]]


def test_an_output_far_too_fine_is_refused():
    with pytest.raises(ShapeMismatch, match="times finer than the product's"):
        Mul(Quant((2.0**-15,))).infer((s8((3,)), s8((3,))))
