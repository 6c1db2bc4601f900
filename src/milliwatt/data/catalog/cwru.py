"""CWRU bearings: vibration at the drive end of a motor, with faults of several kinds and sizes.

A recording is a bearing at a load (horse power). The group is the load, so that a split by group
scores a load that was not trained on. Faults of a size are one bearing each: a split by size asks
for a bearing never seen, and there every classifier is at chance.

Source: Case Western Reserve University, Bearing Data Center.
"""

import re
from pathlib import Path

import numpy as np

from milliwatt.data.catalog.entry import Entry
from milliwatt.data.dataset import Dataset
from milliwatt.data.progress import Progress
from milliwatt.data.recording import Channel, Recording
from milliwatt.data.sources.npz import load_arrays
from milliwatt.errors import InputError

SAMPLE_RATE_HZ = 12000.0
COUNTS_PER_G = 2500
CHANNELS = (Channel("acceleration", "g", 1 / COUNTS_PER_G),)
LABELS = ("ball", "inner race", "normal", "outer race")
KINDS = {"B": "ball", "IR": "inner race", "OR": "outer race", "normal": "normal"}
ARRAY = re.compile(r"(?P<kind>B|IR|OR|normal)\d*_(?:[a-z]+_at_\d+_)?(?P<load>\d)_\d{3}")


def load(path: Path, progress: Progress) -> Dataset:
    """Read recordings of vibration, int16 ``[time, 1]``.

    Args:
        path: a ``.npz`` with an int16 array for each bearing and load, such as ``IR007_1_007``
            (inner race, 0.007 inch, load 1).
        progress: told of recordings.

    Raises:
        InputError: not such an archive.
    """
    recordings = []
    arrays = load_arrays(path)
    for done, (name, samples) in enumerate(sorted(arrays.items())):
        match = ARRAY.fullmatch(name)
        if match is None or samples.dtype != np.int16 or samples.ndim != 1:
            raise InputError(
                f"{path}: array {name}, {samples.dtype} {list(samples.shape)}; wanted int16 "
                "[time] under a name such as IR007_1_007"
            )
        label = LABELS.index(KINDS[match["kind"]])
        counts = samples.astype(np.int16, copy=False)[:, None]
        recordings.append(Recording(name, counts, label, f"load {match['load']}"))
        progress("reading recordings", done + 1, len(arrays))
    source = f"Bearing Data Center, Case Western Reserve University, from {path.name}"
    return Dataset(
        "cwru", source, CHANNELS, SAMPLE_RATE_HZ, LABELS, tuple(recordings), ENTRY.licence
    )


ENTRY = Entry(
    name="cwru",
    title="vibration of healthy and faulty bearings; 12 kHz",
    licence="none stated",
    page="https://engineering.case.edu/bearingdatacenter",
    downloads=(),
    load=load,
    advice=(
        "The group is the load; by fault size no classifier beats chance. The publisher states no "
        "open licence: use it for study, and do not pass it on."
    ),
)
