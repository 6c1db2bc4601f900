"""Place buffers with known lifetimes into one arena.

What must lie in one piece is a block. Blocks are placed one after the other, each at the lowest
offset that is free for the whole of its life. In which order decides how well they fit: several are
tried, by size, by time, by how full the arena is meanwhile. Each is repaired for a while, then the
best two go on: what sticks out at the top goes earlier. Few blocks are tried in all orders. It ends
at the lower bound, or when enough was tried.

Source: the greedy orders by size and by breadth are those of Pisarchyk and Lee, "Efficient Memory
Management for Deep Neural Net Inference", 2020, sections 5.1 and 5.2; the repair is plain local
search.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

ALIGN_BYTES = 8
EXHAUSTIVE_BLOCKS = 6  # 720 orders
REPAIRS = 800  # of all orders together, at most
EFFORT = 2_500_000  # pairs of blocks that are looked at in all repairs, about a second
FINALISTS = 2  # orders that are repaired to the end
BAND_BYTES = 384  # below the top: what ends there sticks out too

Stretch = tuple[int, int]
Barred = Sequence[Mapping[int, tuple[Stretch, ...]]]


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
        apart: whether each piece may lie anywhere, whatever its offset says.
    """

    bytes: int
    first: int
    last: int
    stretches: tuple[Stretch, ...] = ()
    pieces: tuple[Part, ...] = ()
    apart: bool = False

    @property
    def alive(self) -> tuple[Stretch, ...]:
        """When any of the content matters, from step to step, both included."""
        return self.stretches or ((self.first, self.last),)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The pieces, or the buffer as one."""
        return self.pieces or (Part(0, align(self.bytes), self.alive),)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each buffer lies, and the size of the arena that holds them all, in bytes.

    Attributes:
        offsets: of each buffer.
        bytes: of the arena.
        places: of each piece of those buffers whose pieces lie apart.
    """

    offsets: Mapping[str, int]
    bytes: int
    places: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Block:
    """What lies in one piece: a buffer, or a piece of one."""

    name: str
    bytes: int
    parts: tuple[Part, ...]

    @property
    def first(self) -> int:
        """The first step at which any of it matters."""
        return min(first for part in self.parts for first, _ in part.alive)

    @property
    def last(self) -> int:
        """The last step at which any of it matters."""
        return max(last for part in self.parts for _, last in part.alive)


def align(offset: int) -> int:
    """Round up to a place where a buffer may begin."""
    return -(-offset // ALIGN_BYTES) * ALIGN_BYTES


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
    return align(most)


def place(spans: Mapping[str, Span]) -> Layout:
    """Return a layout in which no two bytes that matter at the same step share a place.

    Every offset is a multiple of `ALIGN_BYTES`. The result depends on names, sizes and lifetimes
    only, not on the order of ``spans``.
    """
    blocks = [block for name in sorted(spans) for block in _blocks(name, spans[name])]
    found = _Placing(blocks, lower_bound(spans.values())).best()
    places: dict[str, list[int]] = {name: [] for name in sorted(spans)}
    for block, offset in zip(blocks, found.offsets, strict=True):
        places[block.name].append(offset)
    return Layout(
        {name: of[0] for name, of in places.items()},
        found.top,
        {name: tuple(of) for name, of in places.items() if spans[name].apart},
    )


def _blocks(name: str, span: Span) -> Iterator[_Block]:
    if not span.apart:
        yield _Block(name, align(span.bytes), span.parts)
        return
    for part in span.parts:
        yield _Block(name, align(part.bytes), (Part(0, part.bytes, part.alive),))


@dataclass(slots=True)
class _Attempt:
    """An order of placing, the offsets that it gives, and where the highest block ends."""

    order: Sequence[int]
    offsets: list[int]
    top: int


class _Placing:
    """Looks for the order of placing that gives the smallest arena."""

    def __init__(self, blocks: Sequence[_Block], bound: int) -> None:
        """Take the blocks, and the bytes below which there is nothing to look for."""
        self.sizes = [block.bytes for block in blocks]
        self.barred = _barred(blocks)
        self.bound = bound
        self.rng = random.Random(len(blocks))  # noqa: S311  (a search, not a secret)
        self.orders = _orders(blocks)

    def best(self) -> _Attempt:
        """Return the best attempt."""
        if len(self.sizes) <= EXHAUSTIVE_BLOCKS:
            return self._first_best(permutations(self.orders[0]))
        best = self._first_best(self.orders)
        if best.top == self.bound:
            return best
        attempts = [self._attempt(order) for order in self.orders]
        pairs = max(1, sum(map(len, self.barred)))
        tries = min(REPAIRS, EFFORT // pairs) // 2
        for attempt in attempts:
            self._repair(attempt, tries // len(attempts))
        finalists = sorted(attempts, key=lambda attempt: attempt.top)[:FINALISTS]
        for attempt in finalists:
            self._repair(attempt, tries // FINALISTS)
        return min(finalists, key=lambda attempt: attempt.top)

    def _first_best(self, orders: Iterable[Sequence[int]]) -> _Attempt:
        """Return the first of the best attempts; none is better than the bound."""
        best = None
        for order in orders:
            attempt = self._attempt(order)
            if best is None or attempt.top < best.top:
                best = attempt
            if best.top == self.bound:
                break
        assert best is not None  # noqa: S101  (there is always an order)
        return best

    def _repair(self, attempt: _Attempt, tries: int) -> None:
        """Let blocks that stick out at the top go earlier, as long as that does no harm."""
        rng = self.rng
        for _ in range(tries):
            if attempt.top == self.bound:
                return
            order, level = attempt.order, attempt.top - rng.choice((0, BAND_BYTES))
            out = [i for i in order if attempt.offsets[i] + self.sizes[i] >= level]
            chosen = set(rng.sample(out, min(len(out), rng.randint(1, 3))))
            changed = [i for i in order if i not in chosen]
            for i in (i for i in order if i in chosen):
                changed.insert(rng.choice((0, rng.randint(0, order.index(i)))), i)
            found = self._attempt(changed)
            if found.top <= attempt.top:  # equal ones too: that leads out of dead ends
                attempt.order, attempt.offsets, attempt.top = changed, found.offsets, found.top

    def _attempt(self, order: Sequence[int]) -> _Attempt:
        offsets = self._first_fit(order)
        return _Attempt(order, offsets, self._top(offsets))

    def _top(self, offsets: Sequence[int]) -> int:
        ends = (at + size for at, size in zip(offsets, self.sizes, strict=True))
        return max(ends, default=0)

    def _first_fit(self, order: Sequence[int]) -> list[int]:
        offsets = [-1] * len(self.sizes)
        for i in order:
            taken = sorted(
                (offsets[other] + low, offsets[other] + high)
                for other, found in self.barred[i].items()
                if offsets[other] >= 0
                for low, high in found
            )
            at = 0
            for low, high in taken:
                if low < at < high:
                    at = align(high)
            offsets[i] = at
        return offsets


def _orders(blocks: Sequence[_Block]) -> list[list[int]]:
    """Return orders in which blocks often fit well."""
    sizes = [block.bytes for block in blocks]
    first = [block.first for block in blocks]
    long = [block.last - block.first for block in blocks]
    rare = [len(block.parts) == len(block.parts[0].alive) == 1 for block in blocks]
    full = _fullest(blocks)
    keys: tuple[Callable[[int], tuple[int, ...]], ...] = (
        lambda i: (-sizes[i], first[i]),
        lambda i: (first[i], -sizes[i]),
        lambda i: (-long[i], -sizes[i]),
        lambda i: (-full[i], -sizes[i], first[i]),
        lambda i: (rare[i], -sizes[i], first[i]),  # what matters time and again goes first
    )
    return [sorted(range(len(blocks)), key=key) for key in keys]


def _fullest(blocks: Sequence[_Block]) -> list[int]:
    """Return for each block how many bytes matter at the worst step of its life."""
    lives = [
        (block, part, first, last)
        for block in blocks
        for part in block.parts
        for first, last in part.alive
    ]
    matter = [0] * (1 + max((last for *_, last in lives), default=0))
    for _, part, first, last in lives:
        for step in range(first, last + 1):
            matter[step] += part.bytes
    return [
        max(max(matter[a : b + 1]) for part in block.parts for a, b in part.alive)
        for block in blocks
    ]


def _barred(blocks: Sequence[_Block]) -> Barred:
    """Return where each block may not begin, counted from the begin of each other one.

    A stretch ``(low, high)`` bars the offsets between the two, neither included.
    """
    lives = sorted(
        (first, last, i, part.offset, part.bytes)
        for i, block in enumerate(blocks)
        for part in block.parts
        for first, last in part.alive
    )
    barred: list[dict[int, set[Stretch]]] = [{} for _ in blocks]
    now: list[tuple[int, int, int, int, int]] = []  # those that reach the step at hand
    for life in lives:
        first, _, i, at, size = life
        now = [other for other in now if other[1] >= first]
        for _, _, j, other_at, other_size in now:
            if j != i:
                low, high = other_at - at - size, other_at + other_size - at
                barred[i].setdefault(j, set()).add((low, high))
                barred[j].setdefault(i, set()).add((-high, -low))
        now.append(life)
    return [{j: tuple(found) for j, found in of.items()} for of in barred]
