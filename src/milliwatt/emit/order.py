"""The order in which layers take turns, as a table that says once what repeats itself.

Rows of a streamed network settle into a cycle: so many of the first layer, so many of the second,
and again. Long signals go through it thousands of times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

LONGEST_CYCLE = 1024
LEAST_SAVED = 256  # entries; what repeats takes some 50 bytes of code and 32 of stack
_PER_LINE = 32


@dataclass(frozen=True, slots=True)
class Order:
    """Layers in order, a number for each row that one computes.

    Attributes:
        codes: what comes before the cycle, the cycle once, what comes behind.
        begin: where the cycle begins.
        length: of the cycle, 0 where nothing is left out.
        times: how often the cycle is gone through.
    """

    codes: tuple[int, ...]
    begin: int = 0
    length: int = 0
    times: int = 1

    @property
    def end(self) -> int:
        """The position behind the cycle."""
        return self.begin + self.length

    def definition(self, number: str) -> Iterator[str]:
        """Yield the C definition of the table, with elements of type ``number``."""
        yield f"static const {number} order[{len(self.codes)}] = {{"
        for at in range(0, len(self.codes), _PER_LINE):
            yield "    " + ", ".join(map(str, self.codes[at : at + _PER_LINE])) + ","
        yield "};"


def find_order(codes: Sequence[int], opening: int | None = None) -> Order:
    """Return ``codes`` without the repetitions of the cycle whose absence saves most.

    A cycle begins with another layer than the one before, so that rows which are computed together
    stay together. With ``opening`` it begins with that code, and so does what comes behind it.
    """
    numbers = np.array(codes)
    best, least = Order(tuple(codes)), LEAST_SAVED
    for length in range(1, min(LONGEST_CYCLE, len(codes) // 2) + 1):
        same = np.concatenate([[False], numbers[:-length] == numbers[length:], [False]])
        edges = np.flatnonzero(same[1:] != same[:-1]).tolist()
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            if stop - start <= least:
                continue
            begin = _opens(codes, start, stop, length, opening)
            times = (stop - begin) // length  # behind these the cycle begins once more
            saved = (times - 1) * length
            if saved > least:
                kept = (*codes[: begin + length], *codes[begin + times * length :])
                best, least = Order(kept, begin, length, times), saved
    return best


def _opens(codes: Sequence[int], start: int, stop: int, length: int, opening: int | None) -> int:
    """Return the first position from ``start`` on where a cycle may begin, ``stop`` if none."""
    for at in range(start, stop):
        before = {codes[at + length - 1], *codes[max(0, at - 1) : at]}  # in later rounds, the first
        if codes[at] == opening or (opening is None and codes[at] not in before):
            return at
    return stop
