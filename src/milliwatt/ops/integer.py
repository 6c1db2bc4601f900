"""Whole-number arithmetic that features need: rounded division and square roots, without floats.

The C twin is ``kernels/integer.h``; a test holds the two against each other.
"""

import numpy as np

from milliwatt.ir.types import Array
from milliwatt.ops.fixed import Int64


def isqrt(x: Array) -> Int64:
    """Return ``floor(sqrt(x))`` for integers in [0, 2**62).

    The double-precision root is off by less than one there, so one step either way corrects it.
    """
    x64 = np.asarray(x, np.int64)
    root = np.sqrt(x64.astype(np.float64)).astype(np.int64)
    root = root - (root * root > x64)
    return root + ((root + 1) * (root + 1) <= x64)


def rounded_divide(a: Array, b: int | Int64) -> Int64:
    """Return ``round(a / b)`` with ties away from zero, for ``b > 0`` and ``|a| + b < 2**63``."""
    a64 = np.asarray(a, np.int64)
    magnitude = (np.abs(a64) + b // 2) // b
    return np.where(a64 < 0, -magnitude, magnitude)
