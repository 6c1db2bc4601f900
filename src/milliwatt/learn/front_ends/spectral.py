"""Shape and spectrum of frames: features of vibration and motion.

For each channel RMS, skewness and kurtosis of the frame, the power in bands that widen with their
frequency, in octaves, and if wanted the strongest peaks.
"""

from itertools import pairwise

import numpy as np

from milliwatt.errors import InputError
from milliwatt.learn.front_end import COUNTS, Counts, FrontEnd, Joins, Ops
from milliwatt.learn.front_ends.fitting import samples_of, standardized
from milliwatt.learn.front_ends.mel_spectrogram import rounding_floor
from milliwatt.ops.dsp.filterbank import WEIGHT_BITS, Band, Filterbank
from milliwatt.ops.dsp.frame_moments import FrameMoments
from milliwatt.ops.dsp.log2 import Log2
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.dsp.spectral_peaks import SpectralPeaks
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.real_fft import MAX_POINTS, MIN_POINTS

FEATURE_AXIS = 2


def spectral(  # noqa: PLR0913  (options, each by name)
    counts: Counts,
    *,
    sample_rate_hz: float,
    frame_ms: float = 2000.0,
    hop_ms: float = 1000.0,
    bands: int = 8,
    low_hz: float = 0.0,
    high_hz: float | None = None,
    peaks: int = 0,
) -> FrontEnd:
    """Fit moments, band powers and peaks of every frame, standardised over the training windows.

    Args:
        counts: int16 ``[N, time, channel]``, training windows.
        sample_rate_hz: of the recordings.
        frame_ms: duration of a frame, a whole number of samples.
        hop_ms: from one frame's start to the next, a whole number of samples.
        bands: powers of a channel.
        low_hz: where the lowest band begins; at 0 it has the mean in it.
        high_hz: where the highest band ends; half the sampling rate where nothing is said.
        peaks: of each channel's spectrum; each gives its frequency and its power.

    Returns:
        A front end of ``channel * (3 + bands + 2 * peaks)`` features.

    Raises:
        InputError: an option does not fit the recordings; says which and what would.
    """
    frame = samples_of("frame_ms", frame_ms, sample_rate_hz)
    hop = samples_of("hop_ms", hop_ms, sample_rate_hz)
    if not 2 <= frame <= MAX_POINTS:
        raise InputError(
            f"frame_ms = {frame_ms:g} is {frame} samples; wanted 2 to {MAX_POINTS} of them"
        )
    points = max(MIN_POINTS, 1 << (frame - 1).bit_length())
    top = sample_rate_hz / 2 if high_hz is None else high_hz
    filters = rising_bands(bands, low_hz, top, sample_rate_hz=sample_rate_hz, points=points)
    channels = counts.shape[-1]
    spectrum = PowerSpectrum(frame, hop, points, channels)
    ops: Ops = (
        ("moments", FrameMoments(frame, hop)),
        ("spectrum", spectrum),
        ("bands", Filterbank(filters, channels)),
        ("octaves", Log2(rounding_floor(spectrum.transform))),
    )
    joins: Joins = (("spectrum", (COUNTS,)),)
    parts: tuple[str, ...] = ("moments", "octaves")
    if peaks:
        ops += (("peaks", SpectralPeaks(peaks, channels=channels)),)
        joins += (("peaks", ("spectrum",)),)
        parts += ("peaks",)
    ops += (("together", Concatenation(FEATURE_AXIS)),)
    return standardized(counts, ops, joins=(*joins, ("together", parts)))


def rising_bands(
    bands: int, low_hz: float, high_hz: float, *, sample_rate_hz: float, points: int
) -> tuple[Band, ...]:
    """Return ``bands`` that touch, each as many times wider as the one before.

    Raises:
        InputError: the frequencies do not rise from 0 to half the sampling rate, or there are fewer
            of the transform's than bands.
    """
    step = sample_rate_hz / points
    if not (bands >= 1 and 0 <= low_hz < high_hz <= sample_rate_hz / 2):
        raise InputError(
            f"{bands} bands from low_hz = {low_hz:g} to high_hz = {high_hz:g}; wanted at least 1, "
            f"and 0 <= low_hz < high_hz <= {sample_rate_hz / 2:g}, half the sampling rate"
        )
    first, end = int(np.ceil(low_hz / step)), int(high_hz / step) + 1
    if end - first < bands:
        raise InputError(
            f"{bands} bands from {low_hz:g} to {high_hz:g} Hz, where the transform has "
            f"{end - first} frequencies {step:g} Hz apart; ask for fewer bands or longer frames"
        )
    edges = np.rint(np.geomspace(max(1, first), end, bands + 1)).astype(int)
    edges[0] = first
    for j in range(1, bands + 1):  # at least one frequency each, from below and from above
        edges[j] = max(edges[j], edges[j - 1] + 1)
    for j in range(bands, 0, -1):
        edges[j] = min(edges[j], end - (bands - j))
    one = 1 << WEIGHT_BITS
    return tuple(Band(int(a), (one,) * int(b - a)) for a, b in pairwise(edges))
