"""Exponential and reciprocal on fixed-point numbers, as TensorFlow Lite Micro computes them.

A number with ``n`` integer bits is an int32 that stands for ``raw / 2**(31 - n)``. The exponential
is a short series for the part below a quarter and a tabulated factor for each bit above; the
reciprocal is three steps of Newton's. No floating point takes part. The C twin is
``kernels/fixed_exp.h``.

Source: gemmlowp ``fixedpoint.h``; TensorFlow Lite ``common.h`` (normalised reciprocal).
"""

import numpy as np

from milliwatt.ir import Array
from milliwatt.ops.fixed import (
    INT32_MAX,
    INT32_MIN,
    Int64,
    doubling_high_mul,
    rounding_divide_by_pot,
    wrap_int32,
)

EXP_MINUS_EIGHTH = 1895147668  # exp(-1/8), no integer bits
THIRD = 715827883  # 1/3, no integer bits
EXP_OF_MINUS_POWERS = (  # exp(-2**e) for e = -2 … 4, no integer bits
    1672461947,
    1302514674,
    790015084,
    290630308,
    39332535,
    720401,
    242,
)
LOWEST_POWER = -2
NEWTON_START = 1515870810  # 48/17, two integer bits
NEWTON_SLOPE = -1010580540  # -32/17, two integer bits
ONE_IN_2_BITS = 1 << 29


def exp_of_negative(x: Array, integer_bits: int = 5) -> Int64:
    """Return ``exp(x)`` with no integer bits, for ``x <= 0`` with ``integer_bits``, at most 5."""
    x64 = np.asarray(x, np.int64)
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits + LOWEST_POWER)
    rest = (x64 & (quarter - 1)) - quarter
    result = _exp_above_minus_quarter(rest << integer_bits)
    powers = rest - x64
    for e, factor in enumerate(EXP_OF_MINUS_POWERS[: integer_bits - LOWEST_POWER], LOWEST_POWER):
        present = (powers >> (fraction_bits + e)) & 1 == 1
        result = np.where(present, doubling_high_mul(result, factor), result)
    return np.where(x64 == 0, INT32_MAX, result)


def reciprocal(x: Array, integer_bits: int) -> tuple[Int64, Int64]:
    """Return ``1 / x`` as ``mantissa * 2**-bits``, for positive ``x`` with ``integer_bits``.

    Returns:
        The mantissas, in [1/2, 1] with no integer bits, and how many bits ``x`` has above 1.
    """
    x64 = np.asarray(x, np.int64)
    headroom = 32 - np.frexp(x64.astype(np.float64))[1].astype(np.int64)
    return _one_over_one_plus((x64 << headroom) - (1 << 31)), integer_bits - headroom


def reciprocal_of_half(half: Array) -> Int64:
    """Return ``1 / half`` with two integer bits, for ``half`` in [1/2, 1] with none."""
    h = np.asarray(half, np.int64)
    x = wrap_int32(NEWTON_START + doubling_high_mul(h, NEWTON_SLOPE))
    for _ in range(3):
        error = ONE_IN_2_BITS - doubling_high_mul(h, x)
        x = wrap_int32(x + shift_left_saturate(doubling_high_mul(x, error), 2))
    return x


def shift_left_saturate(x: Array, bits: int) -> Int64:
    """Return ``x * 2**bits``, limited to int32."""
    return np.clip(np.asarray(x, np.int64) << bits, INT32_MIN, INT32_MAX)


def _exp_above_minus_quarter(x: Int64) -> Int64:
    """Return exp on [-1/4, 0) from its series about -1/8, up to the fourth power."""
    y = x + (1 << 28)
    y2 = doubling_high_mul(y, y)
    y3 = doubling_high_mul(y2, y)
    y4_over_4 = rounding_divide_by_pot(doubling_high_mul(y2, y2), 2)
    tail = rounding_divide_by_pot(doubling_high_mul(y4_over_4 + y3, THIRD) + y2, 1)
    return wrap_int32(EXP_MINUS_EIGHTH + doubling_high_mul(y + tail, EXP_MINUS_EIGHTH))


def _one_over_one_plus(x: Int64) -> Int64:
    """Return ``1 / (1 + x)`` for ``x`` in [0, 1), both with no integer bits.

    The reciprocal of half of ``1 + x``, with two integer bits, is twice the result: one shift
    brings it to none. (One is INT32_MAX here, and the half sum rounds up, so the half is exactly
    floored.)
    """
    return shift_left_saturate(reciprocal_of_half((x + (1 << 31)) >> 1), 1)
