"""Groups stay whole, chance warns, and the same seed gives the same sides."""

import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.data import (
    Channel,
    Dataset,
    LeakWarning,
    Recording,
    Split,
    random_split,
    split_by_group,
)
from milliwatt.errors import InputError


def dataset(members):
    """Make one recording for each (group, label)."""
    recordings = tuple(
        Recording(f"r{i}", np.full((2, 1), i, np.int16), label, group)
        for i, (group, label) in enumerate(members)
    )
    return Dataset("d", "made here", (Channel("x", "g", 1.0),), 10.0, ("a", "b"), recordings)


def groups(split):
    return {side: set(part.groups) for side, part in split.sides().items()}


@given(
    members=st.lists(
        st.tuples(st.sampled_from("pqrstuvw"), st.integers(0, 1)), min_size=8, max_size=40
    ).filter(lambda m: len({g for g, _ in m}) >= 4),
    seed=st.integers(0, 3),
)
def test_every_recording_once_and_every_group_on_one_side(members, seed):
    whole = dataset(members)
    split = split_by_group(whole, validation=0.2, test=0.25, seed=seed)
    names = [r.name for part in split.sides().values() for r in part.recordings]
    assert sorted(names) == sorted(r.name for r in whole.recordings)
    assert set(split.sides()) == {"train", "validation", "test"}
    assert sum(map(len, groups(split).values())) == len(whole.groups)
    again = split_by_group(whole, validation=0.2, test=0.25, seed=seed)
    assert groups(again) == groups(split)


def test_shares_are_met_where_groups_allow():
    # 20 groups of one recording of each label: a fifth is exactly four groups
    split = split_by_group(dataset([(f"g{i}", lab) for i in range(20) for lab in (0, 1)]), test=0.2)
    assert len(groups(split)["test"]) == 4
    assert Counter(split.test.targets().tolist()) == {0: 4, 1: 4}


def test_labels_are_balanced_although_groups_are_not():
    # label b is recorded with two groups in ten only; one of them must be tested on
    members = [(f"g{i}", 0) for i in range(10) for _ in range(4)] + [("g3", 1), ("g7", 1)] * 2
    split = split_by_group(dataset(members), test=0.5)
    assert Counter(split.test.targets().tolist())[1] == 2


def test_named_groups_are_taken_as_they_are():
    whole = dataset([("ann", 0), ("bob", 1), ("cid", 0), ("dot", 1)])
    split = split_by_group(whole, validation=["cid"], test=["ann"])
    assert groups(split) == {"train": {"bob", "dot"}, "validation": {"cid"}, "test": {"ann"}}
    assert "no group on two sides (2 in train, 1 in validation, 1 in test)" in split.basis
    assert split_by_group(whole, test=["ann"]).validation is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"test": ["eve"]}, r"groups \['eve'\] asked for; there are ann, bob"),
        ({"test": []}, "groups none asked for"),
        ({"test": "ann"}, r"wanted a list of names, such as \['ann'\]"),
        ({"test": 0}, "wanted them positive and below 1"),
        ({"test": 0.5, "validation": 0.5}, "wanted them positive and below 1"),
        ({"test": 0.2, "validation": 0.2}, "2 groups; too few for train, validation, test"),
        ({"test": ["ann"], "validation": ["ann"]}, "a group is asked for on two sides"),
        ({"test": ["ann"], "validation": ["bob"]}, "too few for train, validation, test"),
    ],
)
def test_what_cannot_be_parted_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        split_by_group(dataset([("ann", 0), ("bob", 1)]), **options)


def test_a_recording_without_a_group_is_named():
    with pytest.raises(InputError, match=r"recording r1: no group .* random_split"):
        split_by_group(dataset([("ann", 0), (None, 1)]))


def test_chance_warns_keeps_the_balance_and_forgets_groups():
    whole = dataset([("ann", 0)] * 10 + [("bob", 1)] * 20)
    with pytest.warns(LeakWarning, match="may be on both sides"):
        split = random_split(whole, validation=0.1, test=0.2)
    counted = {side: np.bincount(part.targets()).tolist() for side, part in split.sides().items()}
    assert counted == {"train": [7, 14], "validation": [1, 2], "test": [2, 4]}
    assert groups(split)["test"] == set()
    assert "random split" in split.basis


def test_groups_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split_by_group(dataset([("ann", 0), ("bob", 1)]), test=0.5)


def test_validation_shares_no_group_either():
    one, other = dataset([("ann", 0)]), dataset([("bob", 0)])
    with pytest.raises(InputError, match=r"\['ann'\] are in train and validation"):
        Split(one, other, "by person", validation=one)
