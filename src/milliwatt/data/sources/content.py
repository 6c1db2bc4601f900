"""What a file gives, before it is known which dataset it belongs to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from milliwatt.data.recording import Channel, Samples


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """One recording as a file has it.

    Attributes:
        samples: int16 ``[time, channel]`` or uint8 ``[row, column, channel]``.
        channels: one per last axis.
        sample_rate_hz: rows a second; 0 for images.
        label: label name, where the file says.
        group: group name, where the file says.
        spans: first sample, sample after the last, and label name of labelled stretches.
        part: tells several recordings of one file apart; empty for the only one.
        rate_measured: the rate was derived from times, so it is not exact.
    """

    samples: Samples
    channels: tuple[Channel, ...]
    sample_rate_hz: float
    label: str | None = None
    group: str | None = None
    spans: tuple[tuple[int, int, str], ...] = ()
    part: str = ""
    rate_measured: bool = False


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What files do not say of themselves.

    Attributes:
        sample_rate_hz: rows a second; None takes it from the file or its column of times.
        full_scale: largest value of a sensor's setting by channel name, in the channel's unit;
            under ``*`` for all others. Values become counts of a 16-bit register of that range.
        columns: channels to take, in this order; empty for all.
        units: unit by channel name, where the file does not say.
        time_column: column of times; None for one named time, timestamp, datetime, date or t.
        label_column: column whose value labels each row; None for none.
        image_size: rows and columns that images are resized to; None leaves them.
        gray: turn images to gray.
        key: shared secret that signs Edge Impulse files; None leaves signatures unchecked.
    """

    sample_rate_hz: float | None = None
    full_scale: Mapping[str, float] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    time_column: str | None = None
    label_column: str | None = None
    image_size: tuple[int, int] | None = None
    gray: bool = False
    key: str | None = None


Reader = Callable[[Path, ReadOptions], Iterator[Content]]
"""Reads the recordings of one file."""
