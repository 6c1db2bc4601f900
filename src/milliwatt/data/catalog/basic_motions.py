"""BasicMotions: four activities on a smart watch, 80 recordings of ten seconds.

The data ships inside the PyPI package ``aeon``, so loading needs no network. Its header says:
four students, four activities, five recordings of each, a 3-axis accelerometer and a 3-axis
gyroscope sampled every tenth of a second.

The header names no units. They follow from the numbers:

* The accelerometer of a person standing averages near 0 on all axes, so gravity has been taken
  out; peaks of 29 fit m/s^2 (3 g of arm swing), not g.
* Gyroscope values are multiples of 0.0026634 and peak at 34.87. In rad/s that peak is
  1,998 deg/s, just under the +-2,000 deg/s setting which watches' gyroscopes have.

The counts here are those of a 16-bit sensor at the smallest customary full scale that holds the
training recordings: +-4 g (of 2, 4, 8, 16) and +-2,000 deg/s (of 250, 500, 1,000, 2,000).
"""

from math import pi

import numpy as np
import numpy.typing as npt

from milliwatt.data.catalog.entry import Entry
from milliwatt.data.counts import scale_for, to_counts
from milliwatt.data.dataset import Dataset, Split
from milliwatt.data.recording import Channel, Recording
from milliwatt.errors import NotAvailable

STANDARD_GRAVITY = 9.80665  # m/s^2
ACCELEROMETER_FULL_SCALE = 4 * STANDARD_GRAVITY  # m/s^2
GYROSCOPE_FULL_SCALE = 2000 * pi / 180  # rad/s

SAMPLE_RATE_HZ = 10.0
LABELS = ("badminton", "running", "standing", "walking")
CHANNELS = tuple(
    Channel(f"{sensor}_{axis}", unit, scale_for(full_scale))
    for sensor, unit, full_scale in (
        ("accelerometer", "m/s^2", ACCELEROMETER_FULL_SCALE),
        ("gyroscope", "rad/s", GYROSCOPE_FULL_SCALE),
    )
    for axis in "xyz"
)
SOURCE = "BasicMotions, UEA multivariate time series archive, as shipped in the package aeon"
BASIS = (
    "The archive's own split, 10 recordings of each activity on either side. It does not say who "
    "was recorded when, so the same four students may be on both sides: a score here is not one "
    "for people the model has never seen."
)


def basic_motions() -> Split:
    """Load the recordings: 40 train and 40 test, each int16 ``[100, 6]`` at 10 Hz.

    Raises:
        NotAvailable: the package ``aeon`` is absent.
    """
    try:
        from aeon.datasets import load_basic_motions  # noqa: PLC0415  (optional, and slow)  # type: ignore[import-untyped]
    except ImportError as error:
        raise NotAvailable(
            "the recordings of BasicMotions come with the package aeon, which is not installed; "
            "type: pip install 'milliwatt[demo]'"
        ) from error
    train, test = (
        _dataset(part, *load_basic_motions(split=part, return_type="numpy3d"))
        for part in ("train", "test")
    )
    return Split(train, test, BASIS)


def _dataset(part: str, values: npt.NDArray[np.float64], names: npt.NDArray[np.str_]) -> Dataset:
    """Turn aeon's ``[recording, channel, time]`` into recordings of ``[time, channel]``."""
    counts = to_counts(np.swapaxes(values, 1, 2), CHANNELS)
    recordings = tuple(
        Recording(f"{part}_{i:02}", samples, LABELS.index(str(name)))
        for i, (samples, name) in enumerate(zip(counts, names, strict=True))
    )
    return Dataset("basic_motions", SOURCE, CHANNELS, SAMPLE_RATE_HZ, LABELS, recordings)


ENTRY = Entry(
    name="basic_motions",
    title="four activities, accelerometer and gyroscope of a smart watch; 10 Hz",
    licence="not stated",
    page="https://www.timeseriesclassification.com/description.php?Dataset=BasicMotions",
    downloads=(),
    load=lambda path, progress: basic_motions(),  # noqa: ARG005  (the package holds the data)
    advice="The archive's own split; the same four people may be on both sides.",
    packaged=True,
)
