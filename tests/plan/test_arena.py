"""The arena: the living never overlap, and for few buffers no layout is smaller."""

from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from milliwatt.plan import ALIGN_BYTES, Layout, Span, lower_bound, place
from milliwatt.plan.arena import Part


def spans(most: int, largest: int = 200, steps: int = 8) -> st.SearchStrategy[dict[str, Span]]:
    """Draw up to ``most`` named buffers, some of which are only now and then in use."""
    sizes = st.integers(1, largest)
    one = st.builds(_span, sizes, st.sets(st.integers(0, steps), min_size=1), st.booleans())
    return st.lists(one, max_size=most).map(lambda all_: {f"b{i}": s for i, s in enumerate(all_)})


def _span(size: int, steps: set[int], on_and_off: bool) -> Span:
    stretches = tuple((at, at) for at in sorted(steps)) if on_and_off else ()
    return Span(size, min(steps), max(steps), stretches)


def alive(span: Span, step: int) -> bool:
    """Tell whether the content matters at a step."""
    return any(a <= step <= b for a, b in span.stretches or ((span.first, span.last),))


def together(a: Span, b: Span) -> bool:
    """Tell whether both matter at some step."""
    steps = range(max(a.first, b.first), min(a.last, b.last) + 1)
    return any(alive(a, step) and alive(b, step) for step in steps)


@given(spans(40))
@settings(max_examples=150, deadline=None)
def test_the_living_never_overlap(needs):
    layout = place(needs)
    assert set(layout.offsets) == set(needs)
    check(layout, needs)
    assert layout.bytes >= lower_bound(needs.values())
    assert layout.bytes <= sum(aligned(s.bytes) for s in needs.values())


@given(spans(12), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_buffers_does_not_matter(needs, rng):
    items = list(needs.items())
    rng.shuffle(items)
    assert place(dict(items)) == place(needs)


@given(spans(5))
@settings(max_examples=100, deadline=None)
def test_no_order_of_placing_gives_less(needs):
    smallest = min((lowest_fit(order, needs) for order in permutations(needs)), default=0)
    assert place(needs).bytes == smallest


@given(spans(6))
@settings(max_examples=8, deadline=None)
def test_no_order_of_six_gives_less(needs):
    smallest = min((lowest_fit(order, needs) for order in permutations(needs)), default=0)
    assert place(needs).bytes == smallest


@given(spans(4, largest=5 * ALIGN_BYTES, steps=4))
@settings(max_examples=60, deadline=None)
def test_no_offsets_whatever_give_less(needs):
    """Every offset of every buffer is tried below the size found: all must collide."""
    found = place(needs).bytes
    sizes = [aligned(s.bytes) for s in needs.values()]
    choices = [range(0, found - ALIGN_BYTES - size + 1, ALIGN_BYTES) for size in sizes]
    pairs = [
        (i, j)
        for i, a in enumerate(needs.values())
        for j, b in enumerate(needs.values())
        if i < j and together(a, b)
    ]
    for offsets in product(*choices):
        collide = any(
            offsets[i] < offsets[j] + sizes[j] and offsets[j] < offsets[i] + sizes[i]
            for i, j in pairs
        )
        assert collide or not needs, f"{offsets} would fit into {found - ALIGN_BYTES} bytes"


def test_by_hand():
    """A chain: two neighbours at a time. The bound is the worst pair, 96 + 40."""
    needs = {"x": Span(96, 0, 1), "y": Span(40, 1, 2), "z": Span(64, 2, 3)}
    assert lower_bound(needs.values()) == 136
    layout = place(needs)
    assert layout.bytes == 136
    assert layout.offsets["x"] == 0
    assert layout.offsets["y"] == 96
    assert place({}) == Layout({}, 0)
    assert place({"a": Span(1, 0, 0), "b": Span(1, 0, 0)}).bytes == 2 * ALIGN_BYTES


def check(layout: Layout, needs: dict[str, Span]) -> None:
    """Fail where two buffers share a byte at a step, or one is not where it may be."""
    for name, span in needs.items():
        assert layout.offsets[name] % ALIGN_BYTES == 0
        assert 0 <= layout.offsets[name] <= layout.bytes - span.bytes
    for step in range(1 + max((s.last for s in needs.values()), default=0)):
        taken: set[int] = set()
        for name, span in needs.items():
            if alive(span, step):
                mine = range(layout.offsets[name], layout.offsets[name] + span.bytes)
                assert taken.isdisjoint(mine), f"step {step}: {name} lies on another"
                taken.update(mine)


def lowest_fit(order: tuple[str, ...], needs: dict[str, Span]) -> int:
    """Place byte ranges in this order, each at the lowest aligned offset that is free."""
    placed: list[tuple[Span, int]] = []
    top = 0
    for name in order:
        span, at = needs[name], 0
        while any(
            together(o, span) and at < offset + o.bytes and offset < at + span.bytes
            for o, offset in placed
        ):
            at += ALIGN_BYTES
        placed.append((span, at))
        top = max(top, aligned(at + span.bytes))
    return top


def aligned(size: int) -> int:
    """Round up to the alignment."""
    return (size + ALIGN_BYTES - 1) // ALIGN_BYTES * ALIGN_BYTES


def piece_lists(size: int) -> st.SearchStrategy[tuple[Part, ...]]:
    """Draw a buffer of ``size`` bytes in pieces, each with a life of its own."""
    life = st.tuples(st.integers(0, 9), st.integers(0, 5)).map(lambda ab: ((ab[0], sum(ab)),))
    cuts = st.sets(st.integers(1, size - 1), max_size=3) if size > 1 else st.just(set())

    def pieces(drawn: tuple[set[int], list[tuple[tuple[int, int], ...]]]) -> tuple[Part, ...]:
        ends = [0, *sorted(drawn[0]), size]
        return tuple(
            Part(a, b - a, alive) for a, b, alive in zip(ends, ends[1:], drawn[1], strict=False)
        )

    return st.tuples(cuts, st.lists(life, min_size=4, max_size=4)).map(pieces)


@st.composite
def buffers_in_pieces(draw: st.DrawFn) -> dict[str, Span]:
    """Draw a few buffers of which some come in pieces."""
    found = {}
    for name in "abcdef"[: draw(st.integers(2, 6))]:
        size = draw(st.integers(1, 60))
        parts = draw(piece_lists(size))
        steps = [step for p in parts for stretch in p.alive for step in stretch]
        found[name] = Span(size, min(steps), max(steps), ((min(steps), max(steps)),), parts)
    return found


@given(buffers_in_pieces())
def test_no_byte_is_shared_while_both_matter(needs):
    layout = place(needs)
    owner: dict[tuple[int, int], str] = {}
    for name, span in needs.items():
        assert layout.offsets[name] % ALIGN_BYTES == 0
        for part in span.parts:
            for first, last in part.alive:
                for step in range(first, last + 1):
                    for byte in range(part.bytes):
                        place_ = (step, layout.offsets[name] + part.offset + byte)
                        assert owner.setdefault(place_, name) == name
                        assert place_[1] < layout.bytes
    assert lower_bound(needs.values()) <= layout.bytes


def test_a_buffer_lies_where_another_is_used_up():
    """The front of x is dead when y begins, so y takes its place while the rest of x lives."""
    x = Span(64, 0, 5, ((0, 5),), (Part(0, 32, ((0, 1),)), Part(32, 32, ((0, 5),))))
    assert place({"x": x, "y": Span(32, 2, 5)}).bytes == 64
