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
SWAPS_IN_PIECES = 200  # each takes longer

Stretch = tuple[int, int]
Barred = Mapping[str, Mapping[str, tuple[Stretch, ...]]]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a buffer with a life of its own: ``bytes`` from ``offset`` on."""

    offset: int
    bytes: int
    alive: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A buffer's need: ``bytes`` from step ``first`` to step ``last``, both included.

    Attributes:
        stretches: the parts of that time in which the content matters, if not all of it: a row
            that is made and used again and again leaves its place to others in between.
        pieces: pieces that matter at different times, if there are such; together all of it.
    """

    bytes: int
    first: int
    last: int
    stretches: tuple[Stretch, ...] = ()
    pieces: tuple[Part, ...] = ()

    @property
    def alive(self) -> tuple[Stretch, ...]:
        """When any of the content matters, from step to step, both included."""
        return self.stretches or ((self.first, self.last),)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The pieces, or the buffer as one."""
        return self.pieces or (Part(0, _align(self.bytes), self.alive),)

    def meets(self, other: "Span") -> bool:
        """Tell whether both are alive at some step."""
        return bool(_steps(self.alive) & _steps(other.alive))


@dataclass(frozen=True, slots=True)
class Layout:
    """Each buffer's offset in bytes, and the size of the arena that holds them all."""

    offsets: Mapping[str, int]
    bytes: int


def lower_bound(spans: Iterable[Span]) -> int:
    """Return the bytes alive at the worst step: no layout can be smaller."""
    change: dict[int, int] = {}
    for part in (part for span in spans for part in span.parts):
        for first, last in part.alive:
            change[first] = change.get(first, 0) + part.bytes
            change[last + 1] = change.get(last + 1, 0) - part.bytes
    most = now = 0
    for at in sorted(change):
        now += change[at]
        most = max(most, now)
    return _align(most)


def place(spans: Mapping[str, Span]) -> Layout:
    """Return a layout in which no two bytes that matter at the same step share a place.

    Every offset is a multiple of `ALIGN_BYTES`. The result depends on names, sizes and lifetimes
    only, not on the order of ``spans``.
    """
    order = sorted(spans, key=lambda name: (-spans[name].bytes, name))
    sizes = {name: _align(spans[name].bytes) for name in order}
    barred = _barred(order, spans)
    bound = lower_bound(spans.values())
    best = _first_fit(order, sizes, barred)
    every = permutations(order) if len(order) <= EXHAUSTIVE_BUFFERS else None
    rng = random.Random(len(order))  # noqa: S311  (a search, not a secret)
    for _ in range(SWAPS_IN_PIECES if any(span.pieces for span in spans.values()) else SWAPS):
        candidate = next(every, None) if every else _swapped(order, rng)
        if best.bytes == bound or candidate is None:
            break
        layout = _first_fit(candidate, sizes, barred)
        if layout.bytes <= best.bytes:  # equal ones too: that leads out of dead ends
            best, order = layout, list(candidate)
    return best


def _barred(order: Sequence[str], spans: Mapping[str, Span]) -> Barred:
    """Return where each buffer may not begin, counted from the begin of each other one.

    A stretch ``(low, high)`` bars the offsets between the two, neither included.
    """
    lives = {name: [(part, _steps(part.alive)) for part in spans[name].parts] for name in order}
    barred: dict[str, dict[str, tuple[Stretch, ...]]] = {name: {} for name in order}
    for a, b in permutations(order, 2):
        found = tuple(
            (pb.offset - pa.offset - pa.bytes, pb.offset + pb.bytes - pa.offset)
            for pa, steps_a in lives[a]
            for pb, steps_b in lives[b]
            if steps_a & steps_b
        )
        if found:
            barred[a][b] = found
    return barred


def _steps(alive: Iterable[Stretch]) -> int:
    """Return the steps of some stretches, a bit each."""
    return sum((1 << last + 1) - (1 << first) for first, last in alive)


def _swapped(order: Sequence[str], rng: random.Random) -> list[str]:
    """Return ``order`` with one to three pairs swapped."""
    swapped = list(order)
    for _ in range(rng.randint(1, 3)):
        i, j = rng.randrange(len(swapped)), rng.randrange(len(swapped))
        swapped[i], swapped[j] = swapped[j], swapped[i]
    return swapped


def _first_fit(order: Sequence[str], sizes: Mapping[str, int], barred: Barred) -> Layout:
    offsets: dict[str, int] = {}
    for name in order:
        at = 0
        stretches = sorted(
            (offsets[other] + low, offsets[other] + high)
            for other, found in barred[name].items()
            if other in offsets
            for low, high in found
        )
        for low, high in stretches:
            if low < at < high:
                at = _align(high)
        offsets[name] = at
    return Layout(offsets, max((offsets[n] + sizes[n] for n in offsets), default=0))


def _align(offset: int) -> int:
    return -(-offset // ALIGN_BYTES) * ALIGN_BYTES
