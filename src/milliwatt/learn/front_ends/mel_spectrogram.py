"""Logarithms of the energy in mel bands, frame by frame: the usual features of sound."""

from milliwatt.errors import InputError
from milliwatt.learn.front_end import Counts, FrontEnd, Ops
from milliwatt.learn.front_ends.fitting import samples_of, standardized
from milliwatt.learn.front_ends.mel import mel_bands
from milliwatt.ops.dsp.filterbank import WEIGHT_BITS, Filterbank
from milliwatt.ops.dsp.log2 import MAX_FLOOR, Log2
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.real_fft import MAX_POINTS, MIN_POINTS, RealFft, Taper

ROUNDING_POWER = 1 / 12
"""Mean square of the error when a sample is rounded to a whole count."""


def mel_spectrogram(  # noqa: PLR0913  (options, each by name)
    counts: Counts,
    *,
    sample_rate_hz: float,
    frame_ms: float = 30.0,
    hop_ms: float = 20.0,
    bands: int = 40,
    low_hz: float = 20.0,
    high_hz: float | None = None,
    image: bool = False,
) -> FrontEnd:
    """Fit log-mel energies, band by band standardised over the training windows.

    A row of the graph's input is one hop of samples, so that live sound comes a hop at a time.

    Args:
        counts: int16 ``[N, time, 1]``, training windows, a whole number of hops long.
        sample_rate_hz: of the recordings.
        frame_ms: duration of a frame, a whole number of samples.
        hop_ms: from one frame's start to the next, a whole number of samples.
        bands: features of a frame.
        low_hz: where the lowest band begins.
        high_hz: where the highest band ends; half the sampling rate where nothing is said.
        image: give ``[1, frame, band, 1]``, a map with one channel, for two-dimensional networks.

    Returns:
        A front end of ``bands`` features.

    Raises:
        InputError: an option does not fit the recordings; says which and what would.
    """
    ops, hop = log_mel(
        counts,
        sample_rate_hz=sample_rate_hz,
        frame_ms=frame_ms,
        hop_ms=hop_ms,
        bands=bands,
        low_hz=low_hz,
        high_hz=high_hz,
    )
    return standardized(counts, ops, hop, image=image)


def log_mel(
    counts: Counts,
    *,
    sample_rate_hz: float,
    frame_ms: float,
    hop_ms: float,
    bands: int,
    low_hz: float,
    high_hz: float | None,
) -> tuple[Ops, int]:
    """Return the operators from hops of samples to s16 log energies, and the samples of a hop.

    Energies below what rounding to whole counts puts into one frequency are not told apart: there
    is nothing below but the numbers' own grain.

    Raises:
        InputError: an option does not fit the recordings; says which and what would.
    """
    if counts.shape[-1] != 1:
        raise InputError(f"recordings have {counts.shape[-1]} channels; mel bands are of one")
    frame = samples_of("frame_ms", frame_ms, sample_rate_hz)
    hop = samples_of("hop_ms", hop_ms, sample_rate_hz)
    if frame > MAX_POINTS:
        raise InputError(
            f"frame_ms = {frame_ms:g} is {frame} samples; at most {MAX_POINTS} are possible"
        )
    points = max(MIN_POINTS, 1 << (frame - 1).bit_length())
    top = sample_rate_hz / 2 if high_hz is None else high_hz
    filters = mel_bands(bands, low_hz, top, sample_rate_hz=sample_rate_hz, points=points)
    return (
        ("spectrum", PowerSpectrum(frame, 1, points)),
        ("mel", Filterbank(filters)),
        ("log", Log2(rounding_floor(RealFft(points, frame, Taper.HANN)))),
    ), hop


def rounding_floor(transform: RealFft) -> int:
    """Return the power that rounding to counts gives one frequency, weighted by 1.0."""
    taper = transform.taper.values(transform.frame)
    power = ROUNDING_POWER * float((taper * taper).sum()) * 4.0**transform.fraction_bits
    return min(MAX_FLOOR, max(1, round(power * 2.0**WEIGHT_BITS)))
