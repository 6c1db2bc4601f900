"""What a live source tells: that it opened, what came, that it was lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from milliwatt.data.recording import Channel, Counts


@dataclass(frozen=True, slots=True)
class Opened:
    """The source is there.

    Attributes:
        partial: the first line may lack its beginning, since nobody listened to it.
        channels: what blocks of samples measure; empty for lines, which say so themselves.
        sample_rate_hz: of blocks; 0 for lines.
    """

    partial: bool = False
    channels: tuple[Channel, ...] = ()
    sample_rate_hz: float = 0.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines without their ends, and when they came on this machine's steady clock."""

    at_s: float
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Samples that follow the ones before without a gap, int16 ``[time, channel]``."""

    samples: Counts


@dataclass(frozen=True, slots=True)
class Lost:
    """The source is gone, or samples of it are."""

    reason: str


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing came for a moment."""


Event = Opened | Lines | Block | Lost | Idle
Source = Callable[[], Iterator[Event]]
"""Opens a source and yields what happens, for ever; closing the iterator closes the source."""
