"""Windows hold the samples they say, all of them and no others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.data import Channel, Dataset, Recording, Span, cut_windows
from milliwatt.errors import InputError


def dataset(*lengths):
    recordings = tuple(
        Recording(f"r{i}", np.arange(n, dtype=np.int16)[:, None] + 100 * i, 0, f"p{i}")
        for i, n in enumerate(lengths)
    )
    return Dataset("d", "made here", (Channel("x", "g", 1.0),), 10.0, ("one",), recordings)


def test_by_hand():
    cut = cut_windows(dataset(7, 2), length=3, hop=2)
    assert [r.name for r in cut.recordings] == ["r0@0", "r0@2", "r0@4"]
    assert [r.group for r in cut.recordings] == ["p0"] * 3
    assert cut.samples()[:, :, 0].tolist() == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    length=st.integers(1, 30),
    hop=st.integers(1, 30),
)
def test_every_window_that_fits_and_no_other(lengths, length, hop):
    whole = dataset(*lengths)
    fitting = [
        whole.recordings[i].samples[at : at + length]
        for i, n in enumerate(lengths)
        for at in range(n)
        if at % hop == 0 and at + length <= n
    ]
    if not fitting:
        with pytest.raises(InputError, match=f"longest recording has {max(lengths)}"):
            cut_windows(whole, length=length, hop=hop)
        return
    np.testing.assert_array_equal(cut_windows(whole, length=length, hop=hop).samples(), fitting)


@pytest.mark.parametrize(("length", "hop"), [(0, 1), (1, 0), (-3, 2)])
def test_windows_and_hops_have_samples(length, hop):
    with pytest.raises(InputError, match="both must be at least 1"):
        cut_windows(dataset(5), length=length, hop=hop)


@given(
    edges=st.lists(st.integers(0, 40), min_size=2, max_size=10, unique=True).map(sorted),
    length=st.integers(1, 12),
    hop=st.integers(1, 7),
    cover=st.sampled_from([0.1, 0.5, 1.0]),
    own=st.sampled_from([None, 0]),
)
def test_a_window_takes_the_label_that_holds_most_of_it(edges, length, hop, cover, own):
    labels = ("zero", "one", "two")
    spans = tuple(
        Span(a, b, i % 3) for i, (a, b) in enumerate(zip(edges[::2], edges[1::2], strict=False))
    )
    samples = np.zeros((41, 1), np.int16)
    recording = Recording("r", samples, own, None, spans)
    whole = Dataset("d", "", (Channel("x", "g", 1.0),), 10.0, labels, (recording,))
    wanted = []
    for at in range(0, 41 - length + 1, hop):
        row = [next((s.label for s in spans if s.start <= i < s.stop), -1)
               for i in range(at, at + length)]  # fmt: skip
        counts = [row.count(label) for label in range(3)]
        best = counts.index(max(counts))
        enough = max(counts) > 0 and max(counts) >= cover * length
        label = best if enough else own
        if label is not None:
            wanted.append((f"r@{at}", label))
    if not wanted:
        with pytest.raises(InputError, match="has a label"):
            cut_windows(whole, length=length, hop=hop, cover=cover)
        return
    cut = cut_windows(whole, length=length, hop=hop, cover=cover)
    assert [(w.name, w.label) for w in cut.recordings] == wanted


def test_windows_cover_and_kind_are_checked():
    with pytest.raises(InputError, match="wanted above 0, at most 1"):
        cut_windows(dataset(5), length=1, hop=1, cover=0.0)
    image = Recording("i", np.zeros((2, 2, 1), np.uint8), 0)
    images = Dataset("d", "", (Channel("gray", "", 1.0),), 0.0, ("a",), (image,))
    with pytest.raises(InputError, match="holds images"):
        cut_windows(images, length=1, hop=1)
