"""Recordings, datasets and where they come from. Arrays only: no learning library is needed."""

from milliwatt.data.catalog import DATASETS
from milliwatt.data.catalog.basic_motions import basic_motions
from milliwatt.data.counts import scale_for, to_counts, to_units
from milliwatt.data.recording import Channel, Counts, Dataset, Recording, Split
from milliwatt.data.windows import cut_windows

__all__ = [
    "DATASETS",
    "Channel",
    "Counts",
    "Dataset",
    "Recording",
    "Split",
    "basic_motions",
    "cut_windows",
    "scale_for",
    "to_counts",
    "to_units",
]
