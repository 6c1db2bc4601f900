"""Weights of 4 bits as kernels read them: eight in a word, or two in a byte (``int4.h``)."""

import numpy as np
from numpy.typing import NDArray

from milliwatt.ir import Array
from milliwatt.ops.fixed import Int32

TAPS = 8  # of a word
ORDER = (0, 1, 4, 5, 2, 3, 6, 7)
"""Which tap each nibble holds, the lowest first.

Two nibbles 16 bits apart become the halves of a register by one AND. Inputs are widened from a
word of four bytes to its even and its odd ones, so those pairs are taps 0 and 2, 1 and 3, 4 and
6, 5 and 7.
"""
OFFSET = 8  # nibbles hold weight + 8, which has no sign to extend


def words(filters: Array) -> Int32:
    """Return ``[O, taps / 8, rounded up]`` of ``[O, taps]`` in -8 to 7, for the DSP kernels.

    Taps that fill up the last word have weight 0.
    """
    padded = np.pad(filters.astype(np.int64), ((0, 0), (0, -filters.shape[1] % TAPS)))
    nibbles = (padded.reshape(len(filters), -1, TAPS)[:, :, list(ORDER)] + OFFSET).astype(np.uint32)
    shifts = np.arange(0, 32, 4, dtype=np.uint32)
    packed = np.bitwise_or.reduce(nibbles << shifts, axis=2)
    return np.ascontiguousarray(packed).view(np.int32)


def pairs(filters: Array) -> NDArray[np.uint8]:
    """Return ``[O, taps / 2, rounded up]`` of ``[O, taps]`` in -8 to 7: the first tap lowest."""
    padded = np.pad(filters.astype(np.int64), ((0, 0), (0, filters.shape[1] % 2))) & 15
    packed: NDArray[np.uint8] = (padded[:, 0::2] | padded[:, 1::2] << 4).astype(np.uint8)
    return packed
