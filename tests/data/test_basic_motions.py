"""The newcomer's dataset: real recordings, loaded without a network."""

import socket
import sys

import numpy as np
import pytest

from milliwatt.data import DATASETS, basic_motions, to_units
from milliwatt.data.catalog.basic_motions import CHANNELS
from milliwatt.errors import NotAvailable


@pytest.fixture(scope="module")
def split():
    pytest.importorskip("aeon", reason="BasicMotions ships with the package aeon")
    return basic_motions()


def test_is_in_the_catalogue():
    assert DATASETS["basic_motions"] is basic_motions


def test_shapes_and_balance(split):
    for side in (split.train, split.test):
        assert side.samples().shape == (40, 100, 6)
        assert side.sample_rate_hz == 10.0
        assert np.bincount(side.targets()).tolist() == [10, 10, 10, 10]


def test_labels_go_with_their_recordings(split):
    """Standing moves least on every axis of the accelerometer; running most along x."""
    spread = {
        label: split.train.samples()[split.train.targets() == i].std(axis=(0, 1))
        for i, label in enumerate(split.train.labels)
    }
    assert all((spread["standing"][:3] < s[:3]).all() for k, s in spread.items() if k != "standing")
    assert max(spread, key=lambda label: spread[label][0]) == "running"


def test_no_sample_reaches_the_sensors_full_scale(split):
    for side in (split.train, split.test):
        counts = side.samples().astype(np.int32)
        assert counts.min() > -32768
        assert counts.max() < 32767


def test_counts_keep_the_published_values(split):
    from aeon.datasets import load_basic_motions

    published, _ = load_basic_motions(split="test", return_type="numpy3d")
    values = to_units(split.test.samples(), CHANNELS)
    steps = np.abs(values - np.swapaxes(published, 1, 2)) / [c.scale for c in CHANNELS]
    # half a count of rounding, and 1e-9 for the division and multiplication in double precision
    assert steps.max() <= 0.5 + 1e-9


def test_no_recording_is_on_both_sides(split):
    train, test = (s.samples().reshape(40, -1) for s in (split.train, split.test))
    assert not (train[:, None] == test[None]).all(axis=2).any()


def test_the_split_says_what_it_is_not(split):
    assert "same four students may be on both sides" in split.basis
    assert all(r.group is None for r in split.train.recordings)


def test_loads_without_a_network(monkeypatch):
    pytest.importorskip("aeon", reason="BasicMotions ships with the package aeon")

    def refuse(*_, **__):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert len(basic_motions().test.recordings) == 40


def test_absent_package_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.datasets", None)
    with pytest.raises(NotAvailable, match=r"aeon.*pip install 'milliwatt\[demo\]'"):
        basic_motions()
