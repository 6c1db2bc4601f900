"""Live events into recordings without a gap.

A recording ends when it is long enough, and early when a sample is missing: a damaged line, a lost
source, a jump of the device's clock, silence. What was received until then is kept as a shorter
recording, unless it is too short to be of use; nothing is filled in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from milliwatt.data.counts import to_counts
from milliwatt.data.files import RATE_TOLERANCE
from milliwatt.data.layout import Description
from milliwatt.data.live.events import Block, Event, Idle, Lines, Lost, Opened
from milliwatt.data.live.lines import LineKind, parse_line
from milliwatt.data.live.timing import (
    CALIBRATION_S,
    CALIBRATION_SAMPLES,
    clock_of,
    elapsed_s,
    measured_rate_hz,
    stall_s,
)
from milliwatt.data.recording import Channel, Counts
from milliwatt.data.sources.columns import GAP, Heading, counts_of
from milliwatt.data.sources.content import ReadOptions
from milliwatt.errors import InputError

SHORTEST_S = 1.0  # of a recording that ended early
SHORTEST_SHARE = 0.5  # of the wanted length, where that is less
Rows = list[tuple[float, tuple[float, ...]]]


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A recording as it came.

    Attributes:
        samples: int16 ``[time, channel]``.
        channels: one per column.
        sample_rate_hz: rows a second.
        early: why it is shorter than wanted; empty where it is not.
    """

    samples: Counts
    channels: tuple[Channel, ...]
    sample_rate_hz: float
    early: str = ""


class Assembler:
    """Turns events into takes.

    Attributes:
        damaged: lines that were neither numbers nor words.
        notes: what happened beside the takes, to be told and emptied by the caller.
    """

    def __init__(
        self, seconds: float | None, options: ReadOptions, about: Description | None = None
    ) -> None:
        """Collect takes of ``seconds``, or until something ends them where that is None.

        Args:
            seconds: wanted length.
            options: rate, full scales, units and columns, where the device does not say.
            about: the dataset that takes will join; rate and channels must be its own.
        """
        self.damaged = 0
        self.notes: list[str] = []
        self._seconds, self._options, self._about = seconds, options, about
        self._headings: tuple[Heading, ...] = ()
        self._width = 0  # columns of a line
        self._doubtful = False  # the next line may lack its beginning
        self._waiting: Rows = []  # until the rate is known
        self._rate = 0.0
        self._channels: tuple[Channel, ...] = ()
        self._taken: Sequence[int] = ()  # columns of a line that become channels
        self._steps = np.ones(0)
        self._clock: tuple[int, float] | None = None
        self._last: tuple[float, float] | None = None  # arrival, device's clock
        self._parts: list[Counts] = []
        self._length = 0

    def feed(self, event: Event) -> list[Take]:
        """Return the takes that ``event`` ends.

        Raises:
            InputError: the device's numbers need a full scale, or do not fit the dataset.
        """
        if isinstance(event, Lines):
            return [take for line in event.lines for take in self._line(event.at_s, line)]
        if isinstance(event, Block):
            return self._append(event.samples)
        if isinstance(event, Lost):
            return self.finish(event.reason)
        if isinstance(event, Opened):
            self._doubtful = event.partial
            if event.channels:
                self._channels, self._rate = event.channels, event.sample_rate_hz
                self._refuse_other_dataset()
            return self.finish("the source was opened anew")
        if not isinstance(event, Idle):  # pragma: no cover  (mypy: all kinds of event are above)
            raise TypeError(event)
        return []

    def finish(self, reason: str) -> list[Take]:
        """Return what has been received as a shorter take, if it is long enough."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self.notes.append(
                f"{reason}: {len(waiting)} samples before the rate was known left out"
            )
        samples = self._empty()
        self._last = None
        if not len(samples):
            return []
        shortest = SHORTEST_S
        if self._seconds is not None:
            shortest = min(shortest, SHORTEST_SHARE * self._seconds)
        if len(samples) < shortest * self._rate:
            self.notes.append(f"{reason}: {len(samples) / self._rate:.2f} s are too short to keep")
            return []
        return [Take(samples, self._channels, self._rate, reason)]

    def _line(self, at_s: float, raw: bytes) -> list[Take]:
        line = parse_line(raw)
        doubtful, self._doubtful = self._doubtful, False
        if line.kind is LineKind.TALK or (doubtful and line.kind is not LineKind.HEADINGS):
            return []
        if line.kind is LineKind.HEADINGS:
            if not self._channels:  # a device that starts anew repeats them
                self._headings = line.headings
            return []
        takes: list[Take] = []
        if line.kind is LineKind.SAMPLE and len(line.values) != self._width and not self._channels:
            # Nothing is settled yet, and the lines before may have been the damaged ones.
            takes = self.finish(f"lines of {len(line.values)} numbers") if self._width else []
            self._width = len(line.values)
        if line.kind is LineKind.DAMAGED or len(line.values) != self._width:
            self.damaged += 1
            return self.finish(f"damaged line {raw[:40]!r}")
        if self._channels:
            return self._row(at_s, line.values)
        self._waiting.append((at_s, line.values))
        return [*takes, *self._calibrate()]

    def _calibrate(self) -> list[Take]:
        """Once enough has come, settle rate and channels, and take what waited."""
        spent = self._waiting[-1][0] - self._waiting[0][0]
        known = self._options.sample_rate_hz
        enough = len(self._waiting) >= CALIBRATION_SAMPLES and spent >= CALIBRATION_S
        if not enough and known is None:
            return []
        if len(self._headings) != self._width:
            self._headings = tuple(Heading(f"channel_{i}") for i in range(self._width))
        self._clock = clock_of(self._headings)
        self._rate = known or self._measured()
        self._settle_channels()
        self._refuse_other_dataset()
        self.notes.append(
            f"{', '.join(c.name for c in self._channels)} at {self._rate:g} Hz"
            f"{'' if known else ' (measured)'}"
        )
        waiting, self._waiting = self._waiting, []
        return [take for at_s, values in waiting for take in self._row(at_s, values)]

    def _measured(self) -> float:
        times = [at_s for at_s, _ in self._waiting]
        if self._clock is not None:
            column, per_second = self._clock
            ticks = [values[column] for _, values in self._waiting]
            steps = np.array([elapsed_s(a, b, per_second) for a, b in pairwise(ticks)])
            usual = float(np.median(steps))
            # Ticks are coarse (9 or 10 ms at 104 Hz), so the mean; but not over a jump.
            usual = float(steps[(steps > 0) & (steps <= GAP * usual)].mean()) if usual > 0 else 0.0
            times = [i * usual for i in range(len(ticks))]
        rate = measured_rate_hz(times)
        if rate <= 0:
            raise InputError("the device's clock stands still; say the rate: --rate HZ")
        return rate

    def _settle_channels(self) -> None:
        clock = -1 if self._clock is None else self._clock[0]
        columns = [i for i in range(self._width) if i != clock]
        if self._options.columns:
            names = [h.name for h in self._headings]
            absent = [n for n in self._options.columns if n not in names]
            if absent:
                raise InputError(f"no channel {', '.join(absent)}; there are {', '.join(names)}")
            columns = [names.index(n) for n in self._options.columns]
        values = np.array([row for _, row in self._waiting])
        named = [(self._headings[i], values[:, i]) for i in columns]
        _, self._channels = counts_of(named, self._options, "the device")
        self._taken = columns
        scaled = [self._headings[i].scale for i in columns]
        self._steps = np.array([1.0 if s is None else s for s in scaled])

    def _refuse_other_dataset(self) -> None:
        about = self._about
        if about is None:
            return
        if self._channels != about.channels:
            raise InputError(
                f"the source gives {_columns(self._channels)}; the dataset {about.name} holds "
                f"{_columns(about.channels)}: record into another folder"
            )
        if abs(self._rate - about.sample_rate_hz) > RATE_TOLERANCE * about.sample_rate_hz:
            raise InputError(
                f"the source gives {self._rate:g} Hz; the dataset {about.name} holds "
                f"{about.sample_rate_hz:g} Hz: record into another folder"
            )
        self._rate = about.sample_rate_hz

    def _row(self, at_s: float, values: tuple[float, ...]) -> list[Take]:
        tick = 0.0 if self._clock is None else values[self._clock[0]]
        takes = []
        if self._last is not None and (why := self._missing(self._last, at_s, tick)):
            takes = self.finish(why)
        self._last = (at_s, tick)
        taken = np.array([values[i] for i in self._taken]) * self._steps
        fractions = taken / [c.scale for c in self._channels]
        declared = self._options.full_scale
        if not declared and np.abs(fractions - np.rint(fractions)).max() > 1e-6:  # of a count
            self.damaged += 1
            return [*takes, *self.finish(f"a fraction among counts: {values}")]
        return [*takes, *self._append(to_counts(taken[None], self._channels))]

    def _missing(self, last: tuple[float, float], at_s: float, tick: float) -> str:
        if self._clock is None:
            silent_s = at_s - last[0]
            return f"silence of {silent_s:.1f} s" if silent_s > stall_s(self._rate) else ""
        step = elapsed_s(last[1], tick, self._clock[1])
        if 0 < step <= GAP / self._rate:
            return ""
        return f"the device's clock jumped from {last[1]:g} to {tick:g}"

    def _append(self, samples: Counts) -> list[Take]:
        takes = []
        wanted = None if self._seconds is None else max(1, round(self._seconds * self._rate))
        while len(samples):
            room = len(samples) if wanted is None else wanted - self._length
            self._parts.append(samples[:room])
            self._length += len(samples[:room])
            samples = samples[room:]
            if self._length == wanted:
                takes.append(Take(self._empty(), self._channels, self._rate))
        return takes

    def _empty(self) -> Counts:
        parts, self._parts, self._length = self._parts, [], 0
        width = max(1, len(self._channels))
        return np.concatenate(parts) if parts else np.zeros((0, width), np.int16)


def _columns(channels: tuple[Channel, ...]) -> str:
    return ", ".join(f"{c.name} [{c.scale:g} {c.unit}]" for c in channels)
