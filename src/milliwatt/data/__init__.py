"""Recordings, datasets and where they come from. Arrays only: no learning library is needed."""

from milliwatt.data.catalog import DATASETS
from milliwatt.data.catalog.basic_motions import basic_motions
from milliwatt.data.counts import scale_for, to_counts, to_units
from milliwatt.data.dataset import Dataset, Split
from milliwatt.data.files import ImportOptions, import_files
from milliwatt.data.folder import is_split, open_dataset, open_split, save_dataset, save_split
from milliwatt.data.recording import Channel, Counts, Kind, Pixels, Recording, Samples, Span
from milliwatt.data.sources import ReadOptions
from milliwatt.data.split import LeakWarning, random_split, split_by_group
from milliwatt.data.windows import cut_windows

__all__ = [
    "DATASETS",
    "Channel",
    "Counts",
    "Dataset",
    "ImportOptions",
    "Kind",
    "LeakWarning",
    "Pixels",
    "ReadOptions",
    "Recording",
    "Samples",
    "Span",
    "Split",
    "basic_motions",
    "cut_windows",
    "import_files",
    "is_split",
    "open_dataset",
    "open_split",
    "random_split",
    "save_dataset",
    "save_split",
    "scale_for",
    "split_by_group",
    "to_counts",
    "to_units",
]
