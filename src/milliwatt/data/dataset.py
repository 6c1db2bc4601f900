"""Recordings of one kind together, and how they are parted for honest scoring."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.data.recording import FULL_SCALE_UNIT, Channel, Counts, Kind, Pixels, Recording
from milliwatt.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Recordings of one set of channels at one rate, or images of one set of colours.

    Attributes:
        name: short name, such as ``basic_motions``.
        source: who published the data and where it was read from.
        channels: one per last axis of every recording.
        sample_rate_hz: rows a second; 0 for images.
        labels: label names; a recording's label is an index into them.
        recordings: in the publisher's order.
        licence: what the publisher allows, in a word such as ``CC BY 4.0``.
    """

    name: str
    source: str
    channels: tuple[Channel, ...]
    sample_rate_hz: float
    labels: tuple[str, ...]
    recordings: tuple[Recording, ...]
    licence: str = "not stated"

    def __post_init__(self) -> None:
        """Refuse recordings that do not fit the channels, the labels or each other."""
        if not self.recordings:
            raise InputError(f"dataset {self.name}: no recordings")
        images = self.recordings[0].is_image
        for recording in self.recordings:
            self._refuse_misfit(recording, images=images)
        if repeated := _repeated(r.name for r in self.recordings):
            raise InputError(f"dataset {self.name}: several recordings are named {repeated}")
        for what, names in (("channels", (c.name for c in self.channels)), ("labels", self.labels)):
            if repeated := _repeated(names):
                raise InputError(f"dataset {self.name}: several {what} are named {repeated}")
        if not images and not 0 < self.sample_rate_hz < np.inf:
            raise InputError(
                f"dataset {self.name}: sampling rate {self.sample_rate_hz} Hz; wanted more than 0"
            )

    def _refuse_misfit(self, recording: Recording, *, images: bool) -> None:
        where = f"dataset {self.name}, recording {recording.name}"
        if recording.is_image != images:
            raise InputError(f"{where}: images and series together; wanted one kind")
        width = recording.samples.shape[-1]
        if width != len(self.channels):
            raise InputError(
                f"{where}: {width} columns; wanted {len(self.channels)}, one per channel"
            )
        for label in recording.labels():
            if not 0 <= label < len(self.labels):
                raise InputError(f"{where}: label {label}; wanted 0 to {len(self.labels) - 1}")

    @property
    def kind(self) -> Kind:
        """What the recordings are: sound where every channel's unit is the full scale."""
        if self.recordings[0].is_image:
            return Kind.IMAGES
        sound = all(c.unit == FULL_SCALE_UNIT for c in self.channels)
        return Kind.AUDIO if sound and self.sample_rate_hz.is_integer() else Kind.SERIES

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that recordings name, sorted."""
        return tuple(sorted({r.group for r in self.recordings if r.group is not None}))

    def samples(self) -> Counts:
        """Return all series as one int16 array ``[recording, time, channel]``.

        Raises:
            InputError: the recordings differ in length (cut them into windows first), or are
                images.
        """
        if self.recordings[0].is_image:
            raise InputError(f"dataset {self.name} holds images; ask for images(), not samples()")
        lengths = {len(r.samples) for r in self.recordings}
        if len(lengths) > 1:
            raise InputError(
                f"dataset {self.name}: recordings of {min(lengths)} to {max(lengths)} samples; "
                "one array needs equal lengths: cut them with milliwatt.data.cut_windows"
            )
        return np.stack([r.samples for r in self.recordings]).astype(np.int16, copy=False)

    def images(self) -> Pixels:
        """Return all images as one uint8 array ``[image, row, column, channel]``.

        Raises:
            InputError: the images differ in size, or the recordings are series.
        """
        if not self.recordings[0].is_image:
            raise InputError(f"dataset {self.name} holds series; ask for samples(), not images()")
        sizes = sorted({r.samples.shape[:2] for r in self.recordings})
        if len(sizes) > 1:
            raise InputError(
                f"dataset {self.name}: images of {len(sizes)} sizes, such as {list(sizes[0])} and "
                f"{list(sizes[-1])}; one array needs one size: import them with a size"
            )
        return np.stack([r.samples for r in self.recordings]).astype(np.uint8, copy=False)

    def targets(self) -> npt.NDArray[np.int64]:
        """Return int64 ``[recording]``, the label index of each recording.

        Raises:
            InputError: a recording has no label of its own; cut windows out of its spans first.
        """
        for recording in self.recordings:
            if recording.label is None:
                raise InputError(
                    f"dataset {self.name}, recording {recording.name}: no label for the whole of "
                    "it; cut windows (milliwatt.data.cut_windows), which take those of its spans"
                )
        return np.array([r.label for r in self.recordings], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A dataset parted for honest scoring.

    Attributes:
        train: what may be fitted, calibrated and looked at.
        test: what is scored once.
        basis: what separates the sides and what a score on ``test`` therefore does and does not
            say, in one or two sentences fit to be printed beside it.
        validation: what choices are made on (when to stop, which model); None where there is no
            such part.
    """

    train: Dataset
    test: Dataset
    basis: str
    validation: Dataset | None = None

    def __post_init__(self) -> None:
        """Refuse sides that differ in kind or share a group."""
        sides = list(self.sides().items())
        for i, (name, ours) in enumerate(sides):
            for other, theirs in sides[i + 1 :]:
                _refuse_different(name, ours, other, theirs)
                shared = set(ours.groups) & set(theirs.groups)
                if shared:
                    raise InputError(
                        f"groups {sorted(shared)} are in {name} and {other}; a group belongs to "
                        "one side only"
                    )

    def sides(self) -> dict[str, Dataset]:
        """Return the parts by name: train, validation where there is one, test."""
        middle = {} if self.validation is None else {"validation": self.validation}
        return {"train": self.train, **middle, "test": self.test}


def _refuse_different(name: str, ours: Dataset, other: str, theirs: Dataset) -> None:
    for field in ("kind", "channels", "sample_rate_hz", "labels"):
        mine, yours = getattr(ours, field), getattr(theirs, field)
        if mine != yours:
            raise InputError(f"{name} and {other} differ in {field}: {mine} and {yours}")


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
