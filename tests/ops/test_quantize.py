"""Floats to integers: rounding, saturation and what is no number."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.nn.quantize import Quantize


def quantized(values: list[float], op: Quantize) -> list[int]:
    """Return what ``op`` makes of ``values``."""
    x = TensorType((len(values),), DType.F32)
    (y,) = op.evaluate((x,), (np.array(values, np.float32),))
    return [int(v) for v in y]


def test_ties_go_away_from_zero():
    op = Quantize(Quant((0.5,), 10), DType.S8)
    # 0.25 / 0.5 = 0.5 is 1; -0.25 is -1; 0.74 / 0.5 = 1.48 is 1
    assert quantized([0.25, -0.25, 0.74, 0.0], op) == [11, 9, 11, 10]


def test_just_below_a_half_is_zero():
    assert quantized([0.49999997, -0.49999997], Quantize(Quant((1.0,)), DType.S8)) == [0, 0]


def test_what_is_beyond_saturates_and_nan_is_the_zero_point():
    op = Quantize(Quant((2.0**-10,), 5), DType.U8)
    infinity = float("inf")
    assert quantized([3e38, -3e38, infinity, -infinity, float("nan")], op) == [255, 0, 255, 0, 5]
    low = Quantize(Quant((1.0,), -32768), DType.S16)
    assert quantized([32767.0, -40000.0], low) == [-1, -32768]


def test_a_zero_point_outside_the_type_is_refused():
    with pytest.raises(ShapeMismatch, match="zero point 200 does not fit s8"):
        Quantize(Quant((1.0,), 200), DType.S8).infer((TensorType((1,), DType.F32),))
