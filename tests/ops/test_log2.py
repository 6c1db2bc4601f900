"""Logarithms in fixed point: exact at powers of two, within the derived bound elsewhere."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.dsp.log2 import Log2


def log2(values: list[int], dtype: DType = DType.S64, floor: int = 1) -> list[int]:
    x = TensorType((1, 1, len(values)), dtype)
    (y,) = Log2(floor).evaluate((x,), (np.array([[values]], dtype.numpy),))
    return y[0, 0].tolist()


def test_powers_of_two_are_exact():
    assert log2([1 << e for e in range(63)]) == [512 * e for e in range(63)]


@given(st.integers(1, 2**63 - 1), st.integers(0, 62))
@example(2**63 - 1, 0)
@example(2**53 + 1, 0)
def test_all_are_within_the_bound(x, shift):
    value = max(1, x >> shift)
    # half a step, the chord's 0.09, three roundings of 1/64 and the digits cut off
    assert abs(log2([value])[0] - 512 * math.log2(value)) <= 0.64


def test_what_is_below_the_floor_counts_as_it():
    assert log2([-5, 0, 31, 32, 64], DType.S32, floor=32) == [5 * 512] * 4 + [6 * 512]


def test_a_floor_of_zero_is_refused():
    with pytest.raises(ShapeMismatch, match="floor 0; wanted 1 to 2147483647"):
        Log2(0).infer((TensorType((1, 1, 2), DType.S64),))


def test_the_type_of_the_output():
    x = TensorType((1, 3, 2), DType.S64, Quant((0.5,)))
    assert Log2().infer((x,)) == (TensorType((1, 3, 2), DType.S16, Quant((2.0**-9,))),)
