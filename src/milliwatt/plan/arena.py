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
SWAPS = 2000


@dataclass(frozen=True, slots=True)
class Span:
    """A buffer's need: ``bytes`` from step ``first`` to step ``last``, both included."""

    bytes: int
    first: int
    last: int

    def meets(self, other: "Span") -> bool:
        """Tell whether both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Layout:
    """Each buffer's offset in bytes, and the size of the arena that holds them all."""

    offsets: Mapping[str, int]
    bytes: int


def lower_bound(spans: Iterable[Span]) -> int:
    """Return the bytes alive at the worst step: no layout can be smaller."""
    needs = [Span(_align(s.bytes), s.first, s.last) for s in spans]
    steps = {s.first for s in needs}
    return max((sum(s.bytes for s in needs if s.first <= at <= s.last) for at in steps), default=0)


def place(spans: Mapping[str, Span]) -> Layout:
    """Return a layout in which no two buffers alive at the same step overlap.

    Every offset is a multiple of `ALIGN_BYTES`. The result depends on names, sizes and lifetimes
    only, not on the order of ``spans``.
    """
    order = sorted(spans, key=lambda name: (-spans[name].bytes, name))
    bound = lower_bound(spans.values())
    best = _first_fit(order, spans)
    for candidate in _other_orders(order):
        if best.bytes == bound:
            break
        best = min(best, _first_fit(candidate, spans), key=lambda layout: layout.bytes)
    return best


def _other_orders(order: Sequence[str]) -> Iterable[Sequence[str]]:
    if len(order) <= EXHAUSTIVE_BUFFERS:
        yield from permutations(order)
        return
    rng = random.Random(len(order))  # noqa: S311  (a search, not a secret)
    for _ in range(SWAPS):
        swapped = list(order)
        for _ in range(rng.randint(1, 3)):
            i, j = rng.randrange(len(swapped)), rng.randrange(len(swapped))
            swapped[i], swapped[j] = swapped[j], swapped[i]
        yield swapped


def _first_fit(order: Sequence[str], spans: Mapping[str, Span]) -> Layout:
    offsets: dict[str, int] = {}
    for name in order:
        span, at = spans[name], 0
        taken = sorted((offsets[o], spans[o].bytes) for o in offsets if spans[o].meets(span))
        for start, size in taken:
            if at + span.bytes <= start:
                break
            at = max(at, _align(start + size))
        offsets[name] = at
    return Layout(offsets, _align(max((offsets[n] + spans[n].bytes for n in offsets), default=0)))


def _align(offset: int) -> int:
    return -(-offset // ALIGN_BYTES) * ALIGN_BYTES
