"""Fixed-point arithmetic as TensorFlow Lite Micro does it: every rounding rule in one place.

The C twin is ``kernels/fixed.h``; a test holds the two against each other, on edges too.

Source: gemmlowp ``fixedpoint.h`` (saturating rounding doubling high multiply, rounding divide by
a power of two, exp and reciprocal on fixed-point numbers) and TensorFlow Lite
``quantization_util`` (splitting a real multiplier), double-rounding build.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from milliwatt.errors import ShapeMismatch
from milliwatt.ir.types import Array

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1
MAX_SHIFT = 30


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Split a non-negative real number into ``mantissa * 2**(shift - 31)``.

    Returns:
        The mantissa, in [2**30, 2**31) or 0, and the shift, positive to the left. Reals below
        2**-32 become zero.

    Raises:
        ShapeMismatch: the multiplier is so large that its shift exceeds `MAX_SHIFT`.
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    mantissa = _round_half_away(fraction * (1 << 31))
    if mantissa == 1 << 31:
        mantissa, shift = mantissa // 2, shift + 1
    if shift < -31:
        return 0, 0
    if shift > MAX_SHIFT:
        raise ShapeMismatch(
            f"scales give a multiplier of {real:g}; at most 2**{MAX_SHIFT} is usable"
        )
    return mantissa, shift


def quantize_multipliers(reals: Iterable[float]) -> tuple[Int32, Int32]:
    """Return the mantissas and the shifts of several multipliers."""
    mantissas, shifts = zip(*(quantize_multiplier(r) for r in reals), strict=True)
    return np.array(mantissas, np.int32), np.array(shifts, np.int32)


def doubling_high_mul(a: Array, b: Array | int) -> Int64:
    """Return ``round(a * b / 2**31)`` with ties upward for int32 ``a`` and ``b``.

    The reference adds ``2**30``, or ``1 - 2**30`` below zero, and divides toward zero; flooring
    after adding ``2**30`` is the same in every case. The one overflow, both operands at the
    minimum, saturates. Values are int32, held in int64.
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    high: Int64 = np.minimum((product + (1 << 30)) >> 31, INT32_MAX)
    return high


def rounding_divide_by_pot(x: Array, exponent: Array | int) -> Int64:
    """Return ``round(x / 2**exponent)`` with ties away from zero."""
    x64, e = np.asarray(x, np.int64), np.asarray(exponent, np.int64)
    mask = (np.int64(1) << e) - 1
    threshold = (mask >> 1) + (x64 < 0)
    return (x64 >> e) + ((x64 & mask) > threshold)


def requantize(acc: Array, multiplier: Array | int, shift: Array | int) -> Int32:
    """Scale int32 accumulators by ``multiplier * 2**(shift - 31)``, rounding twice.

    ``multiplier`` and ``shift`` broadcast against the last axis. A left shift wraps as int32 does.
    """
    s = np.asarray(shift, np.int64)
    shifted = wrap_int32(np.asarray(acc, np.int64) << np.maximum(s, 0))
    high = doubling_high_mul(shifted, multiplier)
    return rounding_divide_by_pot(high, np.maximum(-s, 0)).astype(np.int32)


def requantize_wide(acc: Array, multiplier: Array | int, shift: Array | int) -> Int64:
    """Scale int64 accumulators by ``multiplier * 2**(shift - 31)``, rounding once, ties upward.

    Sums of int16 by int8 have more than 32 bits, so the multiplier is first rounded to 15. ``acc``
    is below 2**47 in magnitude and the shift below 8, as the reference demands; then nothing
    overflows. ``multiplier`` and ``shift`` broadcast against the last axis.

    Source: TensorFlow Lite ``MultiplyByQuantizedMultiplier`` of 64-bit numbers.
    """
    mantissa = reduced_multiplier(np.asarray(multiplier, np.int64))
    right = 15 - np.asarray(shift, np.int64)
    scaled: Int64 = (np.asarray(acc, np.int64) * mantissa + (np.int64(1) << (right - 1))) >> right
    return scaled


def reduced_multiplier(multiplier: Array) -> Int64:
    """Return Q31 mantissas rounded to Q15, at most 0x7FFF."""
    reduced: Int64 = np.minimum((np.asarray(multiplier, np.int64) + (1 << 15)) >> 16, 0x7FFF)
    return reduced


def wrap_int32(x: Array) -> Int64:
    """Return ``x`` modulo 2**32 as a signed number, which is what int32 arithmetic keeps."""
    return np.asarray(x, np.int64).astype(np.int32).astype(np.int64)


def clamp(x: Array, low: int, high: int, dtype: np.dtype[np.generic]) -> Array:
    """Return ``x`` limited to ``[low, high]``, as ``dtype``."""
    return np.clip(x, low, high).astype(dtype)


def _round_half_away(x: float) -> int:
    return math.floor(x + 0.5) if x >= 0 else -math.floor(-x + 0.5)
