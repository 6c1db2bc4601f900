"""What a sensor gave: integers, with what one integer step means.

A microcontroller reads registers, not floats, so a recording holds raw counts. Training and the
device start from the same integers, and nothing is scaled twice on the way.

A series is int16 ``[time, channel]``; sound is a series of one channel. An image is uint8
``[row, column, channel]``.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError

Counts = npt.NDArray[np.int16]
Pixels = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.int16 | np.uint8]

FULL_SCALE_UNIT = "full scale"  # the unit of sound: one is the loudest that can be recorded


class Kind(Enum):
    """What a dataset holds, which decides the files that it is stored in."""

    AUDIO = "audio"
    SERIES = "series"
    IMAGES = "images"


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a recording, or one colour of an image.

    Attributes:
        name: what is measured and along which axis, such as ``accelerometer_x``.
        unit: the physical unit, such as ``m/s^2``.
        scale: units per count; ``value = count * scale``.
    """

    name: str
    unit: str
    scale: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording that carries a label.

    Attributes:
        start: its first sample.
        stop: the sample after its last, so ``stop - start`` samples long.
        label: index into the dataset's label names.
    """

    start: int
    stop: int
    label: int

    def __post_init__(self) -> None:
        """Refuse a stretch without samples."""
        if not 0 <= self.start < self.stop:
            raise InputError(
                f"span from sample {self.start} to {self.stop}; wanted 0 <= start < stop"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Samples taken without a gap, or one image.

    Attributes:
        name: where it came from, unique within its dataset.
        samples: int16 ``[time, channel]`` or uint8 ``[row, column, channel]``, raw counts, kept
            as a read-only view.
        label: index into the dataset's label names; None where only spans carry labels, or
            nobody has said.
        group: who or what was recorded (person, machine, day); recordings of one group must
            stay on one side of a split. None where the publisher does not say.
        spans: labelled stretches of a series, in order, none overlapping another.
    """

    name: str
    samples: Samples
    label: int | None
    group: str | None = None
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        """Refuse samples of another kind, and spans that do not lie within them."""
        rank = {np.dtype(np.int16): 2, np.dtype(np.uint8): 3}.get(self.samples.dtype)
        if rank != self.samples.ndim or self.samples.size == 0:
            raise InputError(
                f"recording {self.name}: samples are {self.samples.dtype} "
                f"{list(self.samples.shape)}; wanted int16 [time, channel] or uint8 "
                "[row, column, channel], none of them 0"
            )
        if self.spans and self.is_image:
            raise InputError(f"recording {self.name}: an image has no time, hence no spans")
        stops = [0, *(s.stop for s in self.spans)]
        for before, span in zip(stops, self.spans, strict=False):
            if span.start < before or span.stop > len(self.samples):
                raise InputError(
                    f"recording {self.name}: span from sample {span.start} to {span.stop}; wanted "
                    f"it between {before}, where the one before ends, and {len(self.samples)}"
                )
        view = self.samples.view()
        view.setflags(write=False)
        object.__setattr__(self, "samples", view)

    @property
    def is_image(self) -> bool:
        """Tell whether this is an image, ``[row, column, channel]``."""
        return self.samples.ndim == 3

    def labels(self) -> frozenset[int]:
        """Return every label that the recording or a span of it carries."""
        own = () if self.label is None else (self.label,)
        return frozenset((*own, *(s.label for s in self.spans)))
