"""Samples as they are, each channel standardised: for networks that filter by themselves."""

from milliwatt.learn.front_end import Counts, FrontEnd
from milliwatt.learn.front_ends.fitting import standardized


def raw(counts: Counts, *, sample_rate_hz: float) -> FrontEnd:
    """Fit the mean and the deviation of every channel.

    Args:
        counts: int16 ``[N, time, channel]``, training windows.
        sample_rate_hz: of the recordings; any.

    Returns:
        A front end of ``channel`` features and as many frames as there are samples.
    """
    del sample_rate_hz
    return standardized(counts, ())
