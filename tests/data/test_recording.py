"""Recordings, datasets and splits refuse what would mislead later."""

import re

import numpy as np
import pytest

from milliwatt.data import Channel, Dataset, Kind, Recording, Span, Split
from milliwatt.errors import InputError

CHANNELS = (Channel("x", "g", 0.5), Channel("y", "g", 0.25))


def recording(name="a", *, length=4, label=0, group=None):
    samples = np.arange(2 * length, dtype=np.int16).reshape(length, 2)
    return Recording(name, samples, label, group)


def dataset(*recordings, labels=("still", "moving"), rate=10.0):
    return Dataset("d", "made here", CHANNELS, rate, labels, recordings)


def test_samples_are_read_only_and_the_callers_array_is_not():
    mine = np.zeros((3, 2), np.int16)
    kept = Recording("a", mine, 0).samples
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0] = 1
    mine[0, 0] = 1


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (np.zeros((3, 2), np.int32), "int32 [3, 2]"),
        (np.zeros(3, np.int16), "int16 [3]"),
        (np.zeros((0, 2), np.int16), "int16 [0, 2]"),
    ],
)
def test_samples_of_another_kind_are_refused(samples, found):
    with pytest.raises(InputError, match=re.escape(f"recording a: samples are {found}; wanted")):
        Recording("a", samples, 0)


def test_dataset_stacks_in_order():
    d = dataset(recording("a", label=1), recording("b"))
    assert d.samples().shape == (2, 4, 2)
    assert d.samples().dtype == np.int16
    np.testing.assert_array_equal(d.targets(), [1, 0])


def test_dataset_refuses_a_column_too_many():
    wide = Recording("w", np.zeros((4, 3), np.int16), 0)
    with pytest.raises(InputError, match=r"recording w: 3 columns; wanted 2, one per channel"):
        dataset(wide)


@pytest.mark.parametrize("label", [-1, 2])
def test_dataset_refuses_a_label_without_a_name(label):
    with pytest.raises(InputError, match=rf"label {label}; wanted 0 to 1"):
        dataset(recording(label=label))


def test_dataset_refuses_two_recordings_of_one_name():
    with pytest.raises(InputError, match="several recordings are named a"):
        dataset(recording("a"), recording("a"))


def test_dataset_refuses_to_be_empty():
    with pytest.raises(InputError, match="no recordings"):
        dataset()


def test_unequal_lengths_do_not_stack():
    with pytest.raises(InputError, match=r"recordings of 4 to 6 samples.*cut them"):
        dataset(recording("a"), recording("b", length=6)).samples()


def test_a_group_belongs_to_one_side():
    left, right = dataset(recording(group="ann")), dataset(recording(group="ann"))
    with pytest.raises(InputError, match=r"\['ann'\] are in train and test"):
        Split(left, right, "by person")


def test_unknown_groups_are_no_overlap():
    assert Split(dataset(recording()), dataset(recording()), "unknown").basis == "unknown"


def test_sides_measure_the_same():
    with pytest.raises(InputError, match=r"differ in sample_rate_hz: 10.0 and 20.0"):
        Split(dataset(recording()), dataset(recording(), rate=20.0), "by day")


def test_spans_lie_in_order_within_the_samples():
    samples = np.zeros((10, 1), np.int16)
    Recording("a", samples, None, None, (Span(0, 4, 0), Span(4, 10, 1)))
    for spans in (
        (Span(0, 11, 0),),
        (Span(3, 5, 0), Span(4, 6, 0)),
        (Span(5, 6, 0), Span(1, 2, 0)),
    ):
        with pytest.raises(InputError, match="recording a: span from sample"):
            Recording("a", samples, None, None, spans)
    with pytest.raises(InputError, match="wanted 0 <= start < stop"):
        Span(4, 4, 0)
    with pytest.raises(InputError, match="an image has no time"):
        Recording("a", np.zeros((2, 2, 1), np.uint8), 0, None, (Span(0, 1, 0),))


def test_one_kind_a_dataset():
    image = Recording("i", np.zeros((4, 3, 2), np.uint8), 0)
    with pytest.raises(InputError, match="images and series together"):
        dataset(recording(), image)
    images = Dataset("d", "made here", CHANNELS, 0.0, ("a",), (image,))
    assert (images.kind, images.images().shape) == (Kind.IMAGES, (1, 4, 3, 2))
    with pytest.raises(InputError, match="holds images; ask for images"):
        images.samples()
    with pytest.raises(InputError, match="holds series; ask for samples"):
        dataset(recording()).images()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_series_have_a_rate(rate):
    with pytest.raises(InputError, match="wanted more than 0"):
        dataset(recording(), rate=rate)
