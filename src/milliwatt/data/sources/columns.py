"""Named columns of numbers to counts: what CSV, Parquet and NPZ files have in common.

A heading names its column, its unit and, for raw counts, what one count means::

    ax                      counts, or values in an unknown unit
    ax [mg]                 values in mg
    ax [0.061 mg]           counts of 0.061 mg each

Whole numbers within int16 are counts. Anything else needs the full scale of the sensor's setting,
which the heading cannot say and the data must not decide: a device could not know it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from milliwatt.data.counts import scale_for, to_counts
from milliwatt.data.recording import Channel, Counts
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.errors import InputError

Column = npt.NDArray[np.float64] | Sequence[str]
TIME_NAMES = ("time", "timestamp", "datetime", "date", "t", "millis", "micros")
PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "µs": 1e6, "ns": 1e9}
GAP = 1.5  # times the usual step; more means that at least one sample is missing
IRREGULAR = 0.2  # share of steps that are gaps, above which the times name no rate
SUGGESTED = (1.0, 2.0, 4.0, 5.0, 8.0)  # times a power of ten: what sensors' ranges look like
HEADING = re.compile(
    r"^(?P<name>.*?)\s*[\[(]"
    r"\s*(?P<scale>[\d.]+(?:[eE][+-]?\d+)?)?\s*(?P<unit>[^\])]*)[\])]$"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's name, unit, and units per count where it says so."""

    name: str
    unit: str = ""
    scale: float | None = None


def parse_heading(text: str) -> Heading:
    """Return what the heading of a column says."""
    match = HEADING.match(text.strip())
    if match is None or not match["name"]:
        return Heading(text.strip())
    scale = float(match["scale"]) if match["scale"] else None
    return Heading(match["name"], match["unit"].strip(), scale)


def contents(columns: Mapping[str, Column], options: ReadOptions, where: str) -> Iterator[Content]:
    """Turn the columns of one table into recordings, one for each stretch without a gap.

    Args:
        columns: by heading; numbers, or text for times and labels.
        options: what the table does not say of itself.
        where: the file, for messages.

    Raises:
        InputError: columns that are not there or not numbers, no rate, irregular times, or values
            that need a full scale.
    """
    headings = {parse_heading(text).name: (parse_heading(text), c) for text, c in columns.items()}
    time = options.time_column or next(filter(is_time, headings), None)
    labels = options.label_column
    for name in (*options.columns, *(n for n in (options.time_column, labels) if n)):
        if name not in headings:
            raise InputError(f"{where}: no column {name}; there are {', '.join(headings)}")
    names = options.columns or tuple(n for n in headings if n not in (time, labels))
    rate, pieces, measured = _timing(headings, time, options, where)
    counts, channels = counts_of([headings[n] for n in names], options, where)
    kinds = None if labels is None else _texts(headings[labels][1])
    for i, (start, stop) in enumerate(pieces):
        yield Content(
            counts[start:stop],
            channels,
            rate,
            spans=() if kinds is None else _spans(kinds[start:stop]),
            part=str(i) if len(pieces) > 1 else "",
            rate_measured=measured,
        )


def counts_of(
    columns: Sequence[tuple[Heading, Column]], options: ReadOptions, where: str
) -> tuple[Counts, tuple[Channel, ...]]:
    """Return int16 ``[time, channel]`` and what each column measures.

    Raises:
        InputError: a column of text or with gaps, or values without a full scale.
    """
    channels, taken = [], []
    for heading, column in columns:
        values = _numbers(heading, column, where)
        channel = _channel(heading, values, options, where)
        channels.append(channel)
        taken.append(to_counts(values[:, None] * _unit_step(heading), (channel,))[:, 0])
    if not taken or not len(taken[0]):
        raise InputError(f"{where}: no samples; wanted at least one row of at least one channel")
    return np.stack(taken, axis=1), tuple(channels)


def ticks_per_second(heading: Heading) -> float | None:
    """Return the unit that a column of times states: ``t [ms]``, ``t_ms`` or ``millis``."""
    suffix = heading.name.lower().rpartition("_")[2]
    named = {"millis": "ms", "micros": "us"}.get(suffix, suffix)
    return PER_SECOND.get(heading.unit) or PER_SECOND.get(named)


def is_time(name: str) -> bool:
    """Tell whether a column of this name holds times."""
    stem, _, suffix = name.lower().rpartition("_")
    return name.lower() in TIME_NAMES or (suffix in PER_SECOND and stem in TIME_NAMES)


def _unit_step(heading: Heading) -> float:
    return 1.0 if heading.scale is None else heading.scale


def _channel(
    heading: Heading, values: npt.NDArray[np.float64], options: ReadOptions, where: str
) -> Channel:
    unit = options.units.get(heading.name, heading.unit)
    full_scale = options.full_scale.get(heading.name, options.full_scale.get("*"))
    if full_scale is not None:
        if not 0 < full_scale < np.inf:
            raise InputError(f"{where}: full scale {full_scale} of {heading.name}; wanted above 0")
        return Channel(heading.name, unit, scale_for(full_scale))
    limits = np.iinfo(np.int16)
    whole = bool((values == np.rint(values)).all())
    if whole and limits.min <= values.min() and values.max() <= limits.max:
        return Channel(heading.name, unit, _unit_step(heading))
    found = f"{values.min():g} to {values.max():g}{' ' + unit if unit else ''}"
    kind = "whole numbers beyond 16 bits" if whole else "fractions"
    raise InputError(
        f"{where}, column {heading.name}: {kind} ({found}). A device reads 16-bit counts, so say "
        f"the range that the sensor is set to, such as --full-scale "
        f"{heading.name}={_suggested(float(np.abs(values).max())):g}, or leave the column out "
        "with --columns"
    )


def _suggested(largest: float) -> float:
    decade = 10.0 ** np.floor(np.log10(largest))
    return float(next((s * decade for s in SUGGESTED if s * decade >= largest), 10 * decade))


def _numbers(heading: Heading, column: Column, where: str) -> npt.NDArray[np.float64]:
    if not isinstance(column, np.ndarray):
        text = next((t for t in column if not _is_number(t)), "")
        raise InputError(
            f"{where}, column {heading.name}: found {text!r}; wanted numbers, or leave the column "
            "out with --columns"
        )
    values = column.astype(np.float64)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(
            f"{where}, column {heading.name}: row {row} holds no number; a recording has no "
            "gaps: fill or remove the row first"
        )
    return values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _texts(column: Column) -> Sequence[str]:
    if isinstance(column, np.ndarray):
        return [f"{v:g}" for v in column]
    return column


def _spans(labels: Sequence[str]) -> tuple[tuple[int, int, str], ...]:
    """Return a span for every stretch of equal labels; empty ones carry none."""
    edges = [0, *(i for i in range(1, len(labels)) if labels[i] != labels[i - 1]), len(labels)]
    return tuple((a, b, labels[a]) for a, b in pairwise(edges) if labels[a])


def _timing(
    headings: Mapping[str, tuple[Heading, Column]],
    time: str | None,
    options: ReadOptions,
    where: str,
) -> tuple[float, list[tuple[int, int]], bool]:
    """Return the rate, the stretches without a gap, and whether the rate was measured."""
    rows = len(next(iter(headings.values()))[1]) if headings else 0
    if time is None:
        if options.sample_rate_hz is None:
            raise InputError(
                f"{where}: no column of times ({', '.join(TIME_NAMES)}) and no sampling rate; say "
                "--rate HZ"
            )
        return options.sample_rate_hz, [(0, rows)], False
    heading, column = headings[time]
    seconds = _seconds(heading, column, options.sample_rate_hz, where)
    if seconds is None or rows < 2:
        if options.sample_rate_hz is None:
            raise InputError(f"{where}: one row of time {time}; say the rate: --rate HZ")
        return options.sample_rate_hz, [(0, rows)], False
    steps = np.diff(seconds)
    usual = float(np.median(steps))
    if usual <= 0:
        raise InputError(f"{where}, column {time}: times do not grow; wanted one row a sample")
    gaps = np.flatnonzero((steps > GAP * usual) | (steps <= 0))
    if len(gaps) > IRREGULAR * len(steps):
        raise InputError(
            f"{where}, column {time}: {len(gaps)} of {len(steps)} steps are far from the usual "
            f"{usual:g} s; wanted samples at one rate: resample first"
        )
    edges = [0, *(int(g) + 1 for g in gaps), rows]
    regular = np.delete(steps, gaps)
    rate = options.sample_rate_hz or float(f"{1 / regular.mean():.4g}")
    return rate, list(pairwise(edges)), options.sample_rate_hz is None


def _seconds(
    heading: Heading, column: Column, rate: float | None, where: str
) -> npt.NDArray[np.float64] | None:
    if not isinstance(column, np.ndarray):
        try:
            times = np.array([t.strip().replace(" ", "T").rstrip("Z") for t in column], "M8[us]")
        except ValueError as error:
            raise InputError(
                f"{where}, column {heading.name}: {error}; wanted numbers or times such as "
                "2026-01-31 12:00:00.250"
            ) from None
        microseconds: npt.NDArray[np.float64] = (times - times[0]).astype(np.float64)
        return microseconds / PER_SECOND["us"]
    values = column.astype(np.float64)
    per_second = ticks_per_second(heading)
    if per_second is not None:
        return values / per_second
    if (values != np.rint(values)).any():
        return values
    if rate is None:
        raise InputError(
            f"{where}, column {heading.name}: whole numbers, which may be seconds or ticks; name "
            f"it {heading.name} [ms], or say the rate: --rate HZ"
        )
    # Ticks of unknown length still show gaps: the usual step is one sample.
    step = float(np.median(np.diff(values))) if len(values) > 1 else 1.0
    return values / (step * rate) if step > 0 else values
