"""Windows hold the samples they say, all of them and no others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.data import Channel, Dataset, Recording, cut_windows
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
