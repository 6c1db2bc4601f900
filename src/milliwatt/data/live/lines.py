"""The line protocol: what a device prints, and what each line of it is.

A sample is a line of numbers, one for each channel, parted by commas, semicolons, tabs or blanks.
A line of headings may come first, or at any time: ``ax [mg],ay [mg],az [mg]``. Lines that begin
with ``#``, and those that begin with a word, are the device talking to its programmer.
"""

import math
import re
from dataclasses import dataclass
from enum import Enum, auto

from milliwatt.data.sources.columns import Heading, parse_heading

LONGEST_BYTES = 4096  # a line without an end by then is noise, as from a wrong baud rate
SEPARATORS = re.compile(r"\s*[,;\t]\s*|\s+")
HEADING = re.compile(r"[^\W\d]\w*( ?[\[(][^\])]*[\])])?")


class LineKind(Enum):
    """What a line is."""

    SAMPLE = auto()
    HEADINGS = auto()
    TALK = auto()
    DAMAGED = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """A line understood: values of a sample, or headings."""

    kind: LineKind
    values: tuple[float, ...] = ()
    headings: tuple[Heading, ...] = ()


def parse_line(raw: bytes) -> Line:
    """Return what a line is; never raises, as a cable gives anything."""
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return Line(LineKind.DAMAGED)
    if not text or text.startswith("#"):
        return Line(LineKind.TALK)
    if not text.isprintable() and not text.replace("\t", "").isprintable():
        return Line(LineKind.DAMAGED)
    fields = SEPARATORS.split(text)
    values = [_number(field) for field in fields]
    numbers = tuple(v for v in values if v is not None)
    if len(numbers) == len(values):
        return Line(LineKind.SAMPLE, values=numbers)
    cells = [c.strip() for c in re.split(r"[,;\t]", text)]
    if all(HEADING.fullmatch(cell) for cell in cells):
        return Line(LineKind.HEADINGS, headings=tuple(map(parse_heading, cells)))
    return Line(LineKind.TALK if text[0].isalpha() else LineKind.DAMAGED)


def _number(field: str) -> float | None:
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class LineSplitter:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """Return the lines that ``data`` completes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_BYTES:
            whole.append(self._rest)
            self._rest = b""
        return tuple(line.rstrip(b"\r") for line in whole)
