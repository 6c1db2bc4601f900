"""The sampling rate of a device that only prints, and what a jump of its clock is."""

from collections.abc import Sequence

import numpy as np

from milliwatt.data.sources.columns import PER_SECOND, Heading, is_time, ticks_per_second

CALIBRATION_S = 2.0  # of listening before the rate is believed
CALIBRATION_SAMPLES = 8
ROUNDED_TO = 3  # digits of a measured rate; more would promise what arrival times cannot hold
TICKS_WRAP = 2.0**32  # millis() and micros() of an Arduino start anew
STALLED_S = 1.0  # without a line, and no device clock: samples may be missing
STALLED_SAMPLES = 20


def measured_rate_hz(times_s: Sequence[float]) -> float:
    """Return samples a second of samples that came, or were taken, at ``times_s``.

    The slope of a straight line through all of them: lines arrive in bunches, so that single
    differences say nothing.
    """
    index = np.arange(len(times_s), dtype=np.float64)
    slope = np.polyfit(index, np.asarray(times_s, np.float64), 1)[0]
    return float(f"{1 / slope:.{ROUNDED_TO}g}") if slope > 0 else 0.0


def clock_of(headings: Sequence[Heading]) -> tuple[int, float] | None:
    """Return the column that holds the device's clock and its ticks a second; None without one.

    A clock without a unit counts milliseconds, as ``millis()`` does.
    """
    for i, heading in enumerate(headings):
        if is_time(heading.name):
            return i, ticks_per_second(heading) or PER_SECOND["ms"]
    return None


def elapsed_s(before: float, now: float, per_second: float) -> float:
    """Return seconds between two readings of a device's clock, which may have wrapped."""
    step = now - before
    if step < -TICKS_WRAP / 2:
        step += TICKS_WRAP
    return step / per_second


def stall_s(rate_hz: float) -> float:
    """Return for how long a device of this rate may be silent before samples count as lost."""
    return max(STALLED_S, STALLED_SAMPLES / rate_hz)
