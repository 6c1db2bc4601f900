"""Triangular filters, evenly spaced on the mel scale, over the frequencies of a transform.

``mel(f) = 2595 log10(1 + f / 700)``. Filter ``j`` rises in a straight line from the centre of the
one before to its own, and falls to the centre of the next. Where one falls its neighbour rises,
and their whole-number weights add up to exactly 1.0, so that one multiplication serves both.

Source: O'Shaughnessy, "Speech Communication", 1987; triangles as in HTK and librosa (``htk=True,
norm=None``).
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from milliwatt.errors import InputError
from milliwatt.ops.dsp.filterbank import WEIGHT_BITS, Band


def mel(hz: float) -> float:
    """Return the pitch of a frequency."""
    return 2595.0 * math.log10(1.0 + hz / 700.0)


def hertz(mels: float) -> float:
    """Return the frequency of a pitch."""
    return 700.0 * (math.pow(10.0, mels / 2595.0) - 1.0)


def corners(bands: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Return ``[bands + 2]`` frequencies: where the first filter starts, each centre, the end."""
    return np.array([hertz(m) for m in np.linspace(mel(low_hz), mel(high_hz), bands + 2)])


def mel_bands(
    bands: int, low_hz: float, high_hz: float, *, sample_rate_hz: float, points: int
) -> tuple[Band, ...]:
    """Return ``bands`` filters for a transform of ``points`` samples.

    Raises:
        InputError: the frequencies do not rise from 0 to half the sampling rate, or a filter is so
            narrow that it lies between two frequencies of the transform.
    """
    if not (bands >= 1 and 0 <= low_hz < high_hz <= sample_rate_hz / 2):
        raise InputError(
            f"{bands} bands from low_hz = {low_hz:g} to high_hz = {high_hz:g}; wanted at least 1, "
            f"and 0 <= low_hz < high_hz <= {sample_rate_hz / 2:g}, half the sampling rate"
        )
    edges = corners(bands, low_hz, high_hz)
    one = 1 << WEIGHT_BITS
    frequencies = np.arange(points // 2 + 1) * sample_rate_hz / points
    weights = np.zeros((bands, len(frequencies)), np.int64)
    for j, (a, b) in enumerate(pairwise(edges)):
        inside = (frequencies >= a) & (frequencies < b)
        rise = np.rint((frequencies[inside] - a) / (b - a) * one).astype(np.int64)
        if j < bands:
            weights[j, inside] = rise
        if j > 0:
            weights[j - 1, inside] = one - rise
    found = []
    for j, row in enumerate(weights):
        (used,) = np.nonzero(row)
        if not len(used):
            raise InputError(
                f"band {j} of {bands} ({edges[j]:.0f} to {edges[j + 2]:.0f} Hz) lies between two "
                f"frequencies of the transform, which are {sample_rate_hz / points:g} Hz apart; "
                "ask for fewer bands or longer frames"
            )
        found.append(Band(int(used[0]), tuple(int(w) for w in row[used[0] : used[-1] + 1])))
    return tuple(found)
