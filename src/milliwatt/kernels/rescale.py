"""Where requantisation may round once for both roundings, and the constants for it (``rescale.h``).

Long products want shifts of at least 2 to the right. High words of them want 1 to 20, and sums
below 2**29 in magnitude. Short products, of a byte of the multiplier at a time, want at least 1
and sums below 2**23 in magnitude.
"""

import enum

import numpy as np
from numpy.typing import NDArray

from milliwatt.ops.bounds import Bounds
from milliwatt.ops.fixed import Int32

Int8 = NDArray[np.int8]

SHORT_LIMIT = 1 << 23
HIGH_LIMIT = 1 << 29
MOST_RIGHT = 20
"""With it ``|2 * zero_point + 257| << right`` plus a high word, below 2**30, stays in int32."""
FARTHEST = 31  # a farther shift of 32 bits gives the same


class Products(enum.Enum):
    """How a kernel multiplies an accumulator by its multiplier."""

    LONG = "long"
    HIGH = "high"
    SHORT = "short"


def scales(bias: Int32, multiplier: Int32) -> Int32:
    """Return bias and multiplier of each channel side by side, [O, 2].

    Short products take the multiplier byte by byte, the lowest first: every core is little-endian.
    """
    return np.stack([bias, multiplier], axis=1).astype(np.int32)


def rescale_shifts(
    products: Products, bounds: Bounds, multiplier: Int32, shift: Int32
) -> Int8 | None:
    """Return the shift of each channel as the kernel wants it, or None where the form is not exact.

    Args:
        products: which form.
        bounds: of the accumulators, [O].
        multiplier: Q31 mantissas, [O]; where one is 0 any shift serves.
        shift: to the left, [O].
    """
    least = 2 if products is Products.LONG else 1
    right = np.where(multiplier == 0, least, -shift.astype(np.int64))
    if (right < least).any():
        return None
    if products is Products.LONG:
        long: Int8 = (right - 2).astype(np.int8)
        return long
    if products is Products.HIGH:
        if (right > MOST_RIGHT).any() or (bounds.magnitude >= HIGH_LIMIT).any():
            return None
        high: Int8 = right.astype(np.int8)
        return high
    if (bounds.magnitude >= SHORT_LIMIT).any():
        return None
    short: Int8 = np.minimum(right + 6, FARTHEST).astype(np.int8)
    return short
