"""Softmax, worked by hand."""

import numpy as np
import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ops.nn.softmax import Softmax


def test_equal_elements_share():
    # 256 / 4 = 64 steps above -128
    assert evaluate(Softmax(), ([9, 9, 9, 9], s8((1, 4)))).tolist() == [[-64] * 4]


def test_one_element_takes_all_that_fits():
    assert evaluate(Softmax(), ([-5], s8((1,)))).tolist() == [127]


def test_odds_of_e_to_one():
    # 256 * e / (1 + e) = 187.1, 256 / (1 + e) = 68.9
    assert evaluate(Softmax(), ([4, 0], s8((2,), 0.25))).tolist() == [59, -59]
    assert evaluate(Softmax(beta=2.0), ([2, 0], s8((2,), 0.25))).tolist() == [59, -59]


def test_each_row_is_its_own():
    y = evaluate(Softmax(), ([[4, 0], [0, 4], [7, 7]], s8((1, 3, 2), 0.25)))
    assert y.tolist() == [[[59, -59], [-59, 59], [0, 0]]]


def test_differences_beyond_the_fixed_point_count_as_nothing():
    # with a scale of 20 a single step is exp(-20)
    assert evaluate(Softmax(), ([1, 0, -128], s8((3,), 20.0))).tolist() == [127, -128, -128]


def test_it_is_near_the_real_function():
    rng = np.random.default_rng(3)
    x = rng.integers(-128, 128, (50, 12))
    real = np.exp(0.07 * x)
    real /= real.sum(axis=1, keepdims=True)
    y = evaluate(Softmax(), (x, s8(x.shape, float(np.float32(0.07)))))
    # half a step of rounding; the sum's terms are rounded to 2**-20 each, nothing beside it
    np.testing.assert_allclose(np.minimum(real * 256, 255), y + 128.0, atol=0.51)


def test_what_does_not_work_is_refused():
    with pytest.raises(ShapeMismatch, match=r"below 2\*\*-26"):
        Softmax().infer((s8((2,), 2.0**-26),))
    with pytest.raises(ShapeMismatch, match="wanted 1 to 4095 on the last axis"):
        Softmax().infer((s8((1, 4096)),))
