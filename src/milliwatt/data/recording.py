"""What a sensor gave: integers, with what one integer step means.

A microcontroller reads registers, not floats, so a recording holds raw counts. Training and the
device start from the same integers, and nothing is scaled twice on the way.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError

Counts = npt.NDArray[np.int16]
AXES = ("time", "channel")


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a recording.

    Attributes:
        name: what is measured and along which axis, such as ``accelerometer_x``.
        unit: the physical unit, such as ``m/s^2``.
        scale: units per count; ``value = count * scale``.
    """

    name: str
    unit: str
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Samples taken without a gap while one label held.

    Attributes:
        name: where it came from, unique within its dataset.
        samples: int16 ``[time, channel]``, raw counts, kept as a read-only view.
        label: index into the dataset's label names.
        group: who or what was recorded (person, machine, day); recordings of one group must
            stay on one side of a split. None where the publisher does not say.
    """

    name: str
    samples: Counts
    label: int
    group: str | None = None

    def __post_init__(self) -> None:
        """Refuse anything but int16 ``[time, channel]``."""
        if (
            self.samples.dtype != np.int16
            or self.samples.ndim != len(AXES)
            or self.samples.size == 0
        ):
            raise InputError(
                f"recording {self.name}: samples are {self.samples.dtype} "
                f"{list(self.samples.shape)}; wanted int16 [time, channel], neither of them 0"
            )
        view = self.samples.view()
        view.setflags(write=False)
        object.__setattr__(self, "samples", view)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Recordings of one set of channels at one rate.

    Attributes:
        name: short name, such as ``basic_motions``.
        source: who published the data and where it was read from.
        channels: one per column of every recording.
        sample_rate_hz: rows a second.
        labels: label names; a recording's label is an index into them.
        recordings: in the publisher's order.
    """

    name: str
    source: str
    channels: tuple[Channel, ...]
    sample_rate_hz: float
    labels: tuple[str, ...]
    recordings: tuple[Recording, ...]

    def __post_init__(self) -> None:
        """Refuse recordings that do not fit the channels and labels."""
        if not self.recordings:
            raise InputError(f"dataset {self.name}: no recordings")
        for recording in self.recordings:
            width = recording.samples.shape[1]
            if width != len(self.channels):
                raise InputError(
                    f"dataset {self.name}, recording {recording.name}: {width} columns; "
                    f"wanted {len(self.channels)}, one per channel"
                )
            if not 0 <= recording.label < len(self.labels):
                raise InputError(
                    f"dataset {self.name}, recording {recording.name}: label {recording.label}; "
                    f"wanted 0 to {len(self.labels) - 1}"
                )
        if repeated := _repeated(r.name for r in self.recordings):
            raise InputError(f"dataset {self.name}: several recordings are named {repeated}")

    def samples(self) -> Counts:
        """Return all recordings as one int16 array ``[recording, time, channel]``.

        Raises:
            InputError: the recordings differ in length; cut them into windows first.
        """
        lengths = {len(r.samples) for r in self.recordings}
        if len(lengths) > 1:
            raise InputError(
                f"dataset {self.name}: recordings of {min(lengths)} to {max(lengths)} samples; "
                "one array needs equal lengths: cut them with milliwatt.data.cut_windows"
            )
        return np.stack([r.samples for r in self.recordings])

    def targets(self) -> npt.NDArray[np.int64]:
        """Return int64 ``[recording]``, the label index of each recording."""
        return np.array([r.label for r in self.recordings], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A dataset parted for honest scoring.

    Attributes:
        train: what may be fitted, calibrated and looked at.
        test: what is scored once.
        basis: what separates the two and what a score on ``test`` therefore does and does not
            say, in one or two sentences fit to be printed beside it.
    """

    train: Dataset
    test: Dataset
    basis: str

    def __post_init__(self) -> None:
        """Refuse sides that differ in kind or share a group."""
        for field in ("channels", "sample_rate_hz", "labels"):
            ours, theirs = getattr(self.train, field), getattr(self.test, field)
            if ours != theirs:
                raise InputError(f"train and test differ in {field}: {ours} and {theirs}")
        shared = {r.group for r in self.train.recordings if r.group is not None}
        shared &= {r.group for r in self.test.recordings if r.group is not None}
        if shared:
            raise InputError(
                f"groups {sorted(shared)} are in train and test; a group belongs to one side only"
            )


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
