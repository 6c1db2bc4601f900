"""Integers to floats."""

import numpy as np
import pytest

from milliwatt.errors import InvalidGraph
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.nn.dequantize import Dequantize


def test_scale_times_distance_from_zero_point():
    x = TensorType((3,), DType.U8, Quant((0.5,), 100))
    (y,) = Dequantize().evaluate((x,), (np.array([0, 100, 255], np.uint8),))
    np.testing.assert_array_equal(y, np.array([-50.0, 0.0, 77.5], np.float32))


@pytest.mark.parametrize("scale", [0.1, 1 / 3, 7e-5, 2.0**-149, 1.1754944e-38])
def test_one_float32_product_is_the_reference_product_in_double(scale):
    scale32 = np.float32(scale)
    x = TensorType((65536,), DType.S16, Quant((float(scale32),), -77))
    q = np.arange(-32768, 32768).astype(np.int16)
    (y,) = Dequantize().evaluate((x,), (q,))
    single = scale32 * (q.astype(np.int32) + 77).astype(np.float32)
    np.testing.assert_array_equal(y, single)


def test_an_input_without_scale_is_refused():
    with pytest.raises(InvalidGraph, match="no quantisation where one is needed"):
        Dequantize().infer((TensorType((3,), DType.S8),))
