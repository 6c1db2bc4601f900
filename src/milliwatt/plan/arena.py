"""Place buffers with known lifetimes into one arena.

Greedy by size: largest first, each at the lowest offset that is free for the whole of its life.
The result is compared with the lower bound, and where it misses the bound other orders are tried:
all of them for few buffers, a fixed number of seeded swaps for many.

Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020,
section 5.2 (the greedy order); the search over orders is plain local search.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

ALIGN_BYTES = 8
EXHAUSTIVE_BUFFERS = 6  # 720 orders
SWAPS = 1000

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """A buffer's need: ``bytes`` from step ``first`` to step ``last``, both included.

    Attributes:
        stretches: the parts of that time in which the content matters, if not all of it: a row
            that is made and used again and again leaves its place to others in between.
    """

    bytes: int
    first: int
    last: int
    stretches: tuple[Stretch, ...] = ()

    @property
    def alive(self) -> tuple[Stretch, ...]:
        """When the content matters, from step to step, both included."""
        return self.stretches or ((self.first, self.last),)

    def meets(self, other: "Span") -> bool:
        """Tell whether both are alive at some step."""
        return bool(_steps(self) & _steps(other))


@dataclass(frozen=True, slots=True)
class Layout:
    """Each buffer's offset in bytes, and the size of the arena that holds them all."""

    offsets: Mapping[str, int]
    bytes: int


def lower_bound(spans: Iterable[Span]) -> int:
    """Return the bytes alive at the worst step: no layout can be smaller."""
    change: dict[int, int] = {}
    for span in spans:
        for first, last in span.alive:
            change[first] = change.get(first, 0) + _align(span.bytes)
            change[last + 1] = change.get(last + 1, 0) - _align(span.bytes)
    most = now = 0
    for at in sorted(change):
        now += change[at]
        most = max(most, now)
    return most


def place(spans: Mapping[str, Span]) -> Layout:
    """Return a layout in which no two buffers alive at the same step overlap.

    Every offset is a multiple of `ALIGN_BYTES`. The result depends on names, sizes and lifetimes
    only, not on the order of ``spans``.
    """
    order = sorted(spans, key=lambda name: (-spans[name].bytes, name))
    sizes = {name: _align(spans[name].bytes) for name in order}
    meeting = _meeting(order, spans)
    bound = lower_bound(spans.values())
    best = _first_fit(order, sizes, meeting)
    every = permutations(order) if len(order) <= EXHAUSTIVE_BUFFERS else None
    rng = random.Random(len(order))  # noqa: S311  (a search, not a secret)
    for _ in range(SWAPS):
        candidate = next(every, None) if every else _swapped(order, rng)
        if best.bytes == bound or candidate is None:
            break
        layout = _first_fit(candidate, sizes, meeting)
        if layout.bytes <= best.bytes:  # equal ones too: that leads out of dead ends
            best, order = layout, list(candidate)
    return best


def _meeting(order: Sequence[str], spans: Mapping[str, Span]) -> dict[str, frozenset[str]]:
    steps = {name: _steps(spans[name]) for name in order}
    return {a: frozenset(b for b in order if b != a and steps[a] & steps[b]) for a in order}


def _steps(span: Span) -> int:
    """Return the steps at which a buffer is alive, a bit each."""
    return sum((1 << last + 1) - (1 << first) for first, last in span.alive)


def _swapped(order: Sequence[str], rng: random.Random) -> list[str]:
    """Return ``order`` with one to three pairs swapped."""
    swapped = list(order)
    for _ in range(rng.randint(1, 3)):
        i, j = rng.randrange(len(swapped)), rng.randrange(len(swapped))
        swapped[i], swapped[j] = swapped[j], swapped[i]
    return swapped


def _first_fit(
    order: Sequence[str], sizes: Mapping[str, int], meeting: Mapping[str, frozenset[str]]
) -> Layout:
    offsets: dict[str, int] = {}
    for name in order:
        at, size = 0, sizes[name]
        for start, end in sorted(
            (offsets[o], offsets[o] + sizes[o]) for o in meeting[name] if o in offsets
        ):
            if at + size <= start:
                break
            at = max(at, end)
        offsets[name] = at
    return Layout(offsets, max((offsets[n] + sizes[n] for n in offsets), default=0))


def _align(offset: int) -> int:
    return -(-offset // ALIGN_BYTES) * ALIGN_BYTES
