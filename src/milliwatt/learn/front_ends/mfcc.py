"""Mel-frequency cepstral coefficients: the cosine transform of log-mel energies.

    y[c] = s[c] * sum over i of x[i] * cos(pi * c * (2 i + 1) / (2 * bands))

with ``s[0] = sqrt(1 / bands)``, else ``sqrt(2 / bands)``: the orthonormal type II.

Source: Davis and Mermelstein, "Comparison of Parametric Representations for Monosyllabic Word
Recognition in Continuously Spoken Sentences", 1980.
"""

import math

import numpy as np
from numpy.typing import NDArray

from milliwatt.errors import InputError
from milliwatt.learn.front_end import Counts, FrontEnd, run
from milliwatt.learn.front_ends.fitting import input_rows, standardized
from milliwatt.learn.front_ends.mel_spectrogram import log_mel
from milliwatt.ops.dsp.log2 import FRACTION_BITS
from milliwatt.ops.dsp.projection import MAX_MAGNITUDE, Projection

MAX_WEIGHT_BITS = 14  # a weight is at most 1.0


def mfcc(  # noqa: PLR0913  (options, each by name)
    counts: Counts,
    *,
    sample_rate_hz: float,
    frame_ms: float = 30.0,
    hop_ms: float = 20.0,
    bands: int = 40,
    low_hz: float = 20.0,
    high_hz: float | None = None,
    coefficients: int = 13,
    image: bool = False,
) -> FrontEnd:
    """Fit cepstral coefficients, each standardised over the training windows.

    Args:
        counts: int16 ``[N, time, 1]``, training windows, a whole number of hops long.
        sample_rate_hz: of the recordings.
        frame_ms: duration of a frame, a whole number of samples.
        hop_ms: from one frame's start to the next, a whole number of samples.
        bands: mel bands that are transformed.
        low_hz: where the lowest band begins.
        high_hz: where the highest band ends; half the sampling rate where nothing is said.
        coefficients: features of a frame, the first ones, at most ``bands``.
        image: give ``[1, frame, coefficient, 1]``, a map with one channel.

    Returns:
        A front end of ``coefficients`` features.

    Raises:
        InputError: an option does not fit the recordings; says which and what would.
    """
    if not 1 <= coefficients <= bands:
        raise InputError(f"coefficients = {coefficients} of {bands} bands; wanted 1 to {bands}")
    ops, hop = log_mel(
        counts,
        sample_rate_hz=sample_rate_hz,
        frame_ms=frame_ms,
        hop_ms=hop_ms,
        bands=bands,
        low_hz=low_hz,
        high_hz=high_hz,
    )
    input_, rows = input_rows(counts, hop)
    logs = run(input_, ops, rows)
    transform = projection(cosines(coefficients, bands), logs.reshape(-1, bands))
    return standardized(counts, (*ops, ("cosines", transform)), hop, image=image)


def cosines(coefficients: int, bands: int) -> NDArray[np.float64]:
    """Return the first rows of the orthonormal cosine transform, ``[coefficients, bands]``."""
    c, i = np.arange(coefficients)[:, None], np.arange(bands)
    matrix = np.cos(np.pi * c * (2 * i + 1) / (2 * bands)) * math.sqrt(2 / bands)
    matrix[0] = math.sqrt(1 / bands)
    return matrix


def projection(matrix: NDArray[np.float64], logs: NDArray[np.generic]) -> Projection:
    """Return ``matrix`` in whole numbers, its output twice as wide as ``logs`` need.

    Args:
        matrix: ``[output, input]``, entries within ±1.
        logs: int16 ``[n, input]``, training data.
    """
    heaviest = float(np.abs(matrix).sum(axis=1).max()) + matrix.shape[1] * 2.0**-MAX_WEIGHT_BITS
    bits = min(MAX_WEIGHT_BITS, math.floor(math.log2(MAX_MAGNITUDE / heaviest)))
    widest = float(np.abs(logs.astype(np.float64) @ matrix.T).max())
    coarser = max(0, math.ceil(math.log2(2 * max(1.0, widest) / 32767)))
    weights = np.rint(matrix * 2.0**bits).astype(int)
    return Projection(
        tuple(tuple(int(w) for w in row) for row in weights),
        shift=bits + coarser,
        scale=2.0 ** (coarser - FRACTION_BITS),
    )
