"""Where requantisation may be done in six instructions, and the constants for it.

The C side, with the derivation, is `requantize_short.h`. It wants sums below 2**30 in magnitude and
shifts of 1 … `MOST_RIGHT` to the right. Channels that give the zero point whatever comes in (a
multiplier of 0, or a shift that no sum survives) are made to fit: multiplier 0, shift 1.
"""

from dataclasses import dataclass

import numpy as np

from milliwatt.ops.bounds import Bounds
from milliwatt.ops.fixed import Int32

MOST_RIGHT = 22
"""With it ``|2 * zero_point + 1| << (right - 1)`` stays below 2**30, and the sum in int32."""
LIMIT = 1 << 30


@dataclass(frozen=True, slots=True)
class ShortRequantization:
    """Constants of each channel: Q31 multiplier, and how far to shift to the right, less one."""

    multiplier: Int32
    shift: Int32


def short_requantization(
    bounds: Bounds, multiplier: Int32, shift: Int32
) -> ShortRequantization | None:
    """Return the constants, or None where the short form is not exact for some channel.

    Args:
        bounds: of the accumulators, [O].
        multiplier: Q31 mantissas, [O].
        shift: to the left, [O].
    """
    right = -shift.astype(np.int64)
    # |round(acc * multiplier / 2**31)| <= |acc|, and below half of 2**right it rounds to zero
    half = 1 << np.maximum(right - 1, 0)
    constant = (multiplier == 0) | ((right > 0) & (bounds.magnitude < half))
    fits = constant | ((right >= 1) & (right <= MOST_RIGHT))
    if not (fits & (bounds.magnitude < LIMIT)).all():
        return None
    return ShortRequantization(
        np.where(constant, 0, multiplier).astype(np.int32),
        np.where(constant, 0, right - 1).astype(np.int32),
    )
