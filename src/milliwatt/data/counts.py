"""From physical units to the counts a sensor's register would hold.

    count = clamp(round_half_even(value / scale), -32768, 32767)

A sensor saturates at its full scale and so does this. The scale is a property of the sensor's
setting, never fitted to the recordings at hand, or a device would have to know the recordings.
"""

import numpy as np
import numpy.typing as npt

from milliwatt.data.recording import Channel, Counts
from milliwatt.errors import InputError

FULL_SCALE_COUNTS = 32768  # an int16 register spans -full scale to +full scale


def scale_for(full_scale: float) -> float:
    """Return units per count of a 16-bit sensor set to plus or minus ``full_scale``."""
    return full_scale / FULL_SCALE_COUNTS


def to_counts(values: npt.NDArray[np.float64], channels: tuple[Channel, ...]) -> Counts:
    """Return int16 ``[..., channel]`` counts of ``values`` in the channels' units.

    Raises:
        InputError: a value is not finite, or the last axis does not match ``channels``.
    """
    if values.shape[-1:] != (len(channels),):
        raise InputError(
            f"values {list(values.shape)}; wanted a last axis of {len(channels)}, one per channel"
        )
    if not np.isfinite(values).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise InputError(
            f"value at {where} ({channels[where[-1]].name}) is {values[where]}; counts need a "
            "finite number: drop or fill gaps before"
        )
    scale = np.array([c.scale for c in channels])
    limits = np.iinfo(np.int16)
    counts: Counts = np.clip(np.rint(values / scale), limits.min, limits.max).astype(np.int16)
    return counts


def to_units(counts: Counts, channels: tuple[Channel, ...]) -> npt.NDArray[np.float64]:
    """Return float64 ``[..., channel]``, ``counts`` in the channels' units."""
    values: npt.NDArray[np.float64] = counts * np.array([c.scale for c in channels])
    return values
