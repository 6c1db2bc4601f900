"""Front ends by name: each fits itself to training windows. `FRONT_ENDS` is the table of contents.

All take ``counts`` int16 ``[N, time, channel]`` from the training side of a split and the sampling
rate, and have options of their own with defaults. They give a `FrontEnd` whose int8 output is
standardised feature by feature: 0 is the mean over the training windows, 32 steps are one
standard deviation, so that the numbers reach four to either side. No scale is searched for: after
standardisation features of any unit share this one, and 4 deviations cover all but the rarest.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from milliwatt.learn.front_end import FrontEnd
from milliwatt.learn.front_ends.frame_statistics import fit_frame_statistics, frame_statistics
from milliwatt.learn.front_ends.image import image
from milliwatt.learn.front_ends.mel_spectrogram import mel_spectrogram
from milliwatt.learn.front_ends.mfcc import mfcc
from milliwatt.learn.front_ends.raw import raw
from milliwatt.learn.front_ends.spectral import spectral

FitFrontEnd = Callable[..., FrontEnd]
"""``fit(counts, *, sample_rate_hz, **options)``."""

FRONT_ENDS: Mapping[str, FitFrontEnd] = MappingProxyType(
    {
        "frame_statistics": frame_statistics,
        "image": image,
        "mel_spectrogram": mel_spectrogram,
        "mfcc": mfcc,
        "raw": raw,
        "spectral": spectral,
    }
)
"""Every front end, sorted by name."""

__all__ = ["FRONT_ENDS", "FitFrontEnd", "fit_frame_statistics"]
