"""Functions of one 8-bit number, written out: for each of the 256 inputs what the function gives.

A table is exact by construction and costs the same whatever the function. Entries stand in the
order of the stored integers, from the lowest (-128, or 0 for uint8) to the highest.

Ratios of scales are taken in double precision and the limit of RELU6 in single, as the interpreter
has it in version 0.dev20261023; older ones (0.dev20250926, for one) divide some scales in single
precision, which moves a result by one where it lies half-way between two integers.

Source: TensorFlow Lite Micro, kernels/activations, leaky_relu, logistic, tanh and quantize, with
the reference kernels that they call; gemmlowp, fixedpoint.h.
"""

from math import floor, frexp

import numpy as np

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Array, TensorType
from milliwatt.ops.fixed import (
    INT32_MAX,
    Int64,
    clamp,
    quantize_multiplier,
    requantize,
    rounding_divide_by_pot,
)
from milliwatt.ops.fixed_exp import (
    ONE_IN_2_BITS,
    exp_of_negative,
    reciprocal_of_half,
    shift_left_saturate,
)

_INTEGER_BITS = 4  # of the argument of logistic and tanh: beyond ±16 they are saturated
_SHIFTS = (-30, 60)  # of the argument's multiplier, where 64-bit arithmetic is exact


def requantized(x: TensorType, y: TensorType) -> Array:
    """QUANTIZE from one integer quantisation to another."""
    return _rescaled(x, y, x.scale / y.scale, y.dtype.limits)


def relu(x: TensorType, y: TensorType) -> Array:
    """RELU, which rescales as well where the two quantisations differ."""
    low, high = y.dtype.limits
    return _rescaled(x, y, x.scale / y.scale, (max(low, y.zero_point), high))


def relu6(x: TensorType, y: TensorType) -> Array:
    """RELU6 as the kernel has it: the stored integers are clamped and never rescaled."""
    low, high = x.dtype.limits
    six = min(high, max(low, _round(float(np.float32(6.0) / np.float32(x.scale))) + x.zero_point))
    return np.clip(_stored(x), x.zero_point, six).astype(y.dtype.numpy)


def leaky_relu(x: TensorType, y: TensorType, alpha: float) -> Array:
    """LEAKY_RELU: below zero the multiplier is another one."""
    centred = _stored(x) - x.zero_point
    slope = x.scale * alpha / y.scale
    above = requantize(centred, *quantize_multiplier(x.scale / y.scale))
    below = requantize(centred, *quantize_multiplier(abs(slope))) * (-1 if slope < 0 else 1)
    return clamp(
        np.where(centred >= 0, above, below) + y.zero_point, *y.dtype.limits, y.dtype.numpy
    )


def logistic(x: TensorType, y: TensorType) -> Array:
    """LOGISTIC; the output's scale is 1/256 and its zero point -128 by definition."""
    inside, radius = _argument(x)
    fine = rounding_divide_by_pot(_logistic(inside), 31 - 8) - 128
    return _saturated(x, y, fine, radius)


def tanh(x: TensorType, y: TensorType) -> Array:
    """TANH; the output's scale is 1/128 and its zero point 0 by definition."""
    inside, radius = _argument(x)
    return _saturated(x, y, rounding_divide_by_pot(_tanh(inside), 31 - 7), radius)


def _logistic(x: Int64) -> Int64:
    """Return ``1 / (1 + exp(-x))`` with no integer bits, for ``x`` with four."""
    above = shift_left_saturate(_reciprocal_of_half_plus(exp_of_negative(-np.abs(x), 4)), 1)
    return np.where(x == 0, 1 << 30, np.where(x > 0, above, INT32_MAX - above))


def _tanh(x: Int64) -> Int64:
    """Return ``tanh(x) = 2 / (1 + exp(-2 x)) - 1`` with no integer bits, for ``x`` with four."""
    # Twice x has the same raw value with five integer bits.
    reciprocal = _reciprocal_of_half_plus(exp_of_negative(-np.abs(x), 5))
    return np.sign(x) * shift_left_saturate(reciprocal - ONE_IN_2_BITS, 2)


def _reciprocal_of_half_plus(x: Int64) -> Int64:
    """Return ``2 / (1 + x)`` with two integer bits, for ``x`` in [0, 1] with none."""
    return reciprocal_of_half((x + INT32_MAX + 1) >> 1)


def _argument(x: TensorType) -> tuple[Int64, int]:
    """Return each input in fixed point, and how far from zero the function saturates."""
    fraction, shift = frexp(x.scale * (1 << (31 - _INTEGER_BITS)))
    if not _SHIFTS[0] <= shift <= _SHIFTS[1]:
        raise UnsupportedOp(f"an input scale of {x.scale:g}; wanted one from 1e-17 to 1e10")
    # The kernel does not bring a mantissa of 2**31 back into range; no float32 leads to one.
    mantissa = _round(fraction * (1 << 31))
    radius = floor(((1 << _INTEGER_BITS) - 1) * 2.0 ** (31 - _INTEGER_BITS - shift))
    centred = _stored(x) - x.zero_point
    near = np.where(np.abs(centred) < radius, centred, 0)
    return requantize(near, mantissa, shift).astype(np.int64), radius


def _saturated(x: TensorType, y: TensorType, fine: Int64, radius: int) -> Array:
    low, high = y.dtype.limits
    centred = _stored(x) - x.zero_point
    beyond = np.where(centred >= radius, high, fine)
    return clamp(np.where(centred <= -radius, low, beyond), low, high, y.dtype.numpy)


def _rescaled(x: TensorType, y: TensorType, factor: float, clip: tuple[int, int]) -> Array:
    scaled = requantize(_stored(x) - x.zero_point, *quantize_multiplier(factor))
    return clamp(scaled.astype(np.int64) + y.zero_point, *clip, y.dtype.numpy)


def _stored(x: TensorType) -> Int64:
    """Return the 256 integers that can be stored."""
    low, high = x.dtype.limits
    return np.arange(low, high + 1, dtype=np.int64)


def _round(value: float) -> int:
    """Round to the nearest integer, ties away from zero."""
    return floor(value + 0.5) if value >= 0 else -floor(-value + 0.5)
