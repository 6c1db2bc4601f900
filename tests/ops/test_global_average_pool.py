"""The average of an image, worked by hand."""

import numpy as np
import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Quant, Special
from milliwatt.kernels.pool import reciprocal_of_count
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.global_average_pool import LARGEST_IMAGE, GlobalAveragePool

ONE = Quant((1.0,), 5)


def test_each_channel_has_its_average():
    # (1 + 2) / 2 away from zero; (-1 - 4) / 2 likewise
    x = s8((1, 2, 1, 2), zero=5)
    assert evaluate(GlobalAveragePool(ONE), ([[1, -1], [2, -4]], x)).tolist() == [[[[2, -3]]]]
    assert evaluate(GlobalAveragePool(ONE, (-2, 1)), ([[1, -1], [2, -4]], x)).tolist() == [
        [[[1, -2]]]
    ]
    assert GlobalAveragePool(ONE).rows((x,)) is Special.ACCUMULATE


def test_it_is_average_pooling_with_one_window():
    x = s8((1, 7, 5, 3), zero=5)
    values = np.random.default_rng(1).integers(-128, 128, x.shape)
    y = evaluate(GlobalAveragePool(ONE), (values, x))
    np.testing.assert_array_equal(y, evaluate(AveragePool2d(ONE, (7, 5)), (values, x)))


@pytest.mark.parametrize("count", [4095, 4096, 4097, 99_991, LARGEST_IMAGE - 1, LARGEST_IMAGE])
def test_dividing_by_multiplication_is_exact_where_it_is_hardest(count):
    numerators = np.uint64(count) * np.arange(1, 129, dtype=np.uint64)
    multiplier, shift = reciprocal_of_count(count)
    for n in (numerators, numerators - np.uint64(1)):
        quotients = (n * np.uint64(multiplier)) >> np.uint64(shift)
        np.testing.assert_array_equal(quotients, n // np.uint64(count))


def test_what_does_not_work_is_refused():
    with pytest.raises(ShapeMismatch, match=r"wanted \[1, H, W, C\]"):
        GlobalAveragePool(ONE).infer((s8((2, 2, 2, 1), zero=5),))
    with pytest.raises(ShapeMismatch, match="wanted the same; requantise"):
        GlobalAveragePool(ONE).infer((s8((1, 2, 2, 1), zero=4),))
    with pytest.raises(ShapeMismatch, match=f"at most {LARGEST_IMAGE} pixels"):
        GlobalAveragePool(ONE).infer((s8((1, 2048, 2048, 1), zero=5),))
