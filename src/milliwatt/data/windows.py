"""Cutting recordings into windows of one length."""

from dataclasses import replace

from milliwatt.data.recording import Dataset, Recording
from milliwatt.errors import InputError


def cut_windows(dataset: Dataset, *, length: int, hop: int) -> Dataset:
    """Return ``dataset`` with each recording cut into windows, in order.

    Window ``i`` of a recording holds its samples ``i * hop`` to ``i * hop + length - 1`` and
    keeps its label and group. A tail shorter than ``length`` is left out, since padding it
    would teach samples that no sensor gave. Split before cutting: windows that overlap must not
    meet across a split.

    Args:
        dataset: recordings of any length.
        length: samples a window, at least 1.
        hop: samples from one window's start to the next, at least 1.

    Raises:
        InputError: ``length`` or ``hop`` below 1, or no recording is as long as ``length``.
    """
    if length < 1 or hop < 1:
        raise InputError(f"window length {length}, hop {hop}; both must be at least 1 sample")
    cut = tuple(w for r in dataset.recordings for w in _cut(r, length, hop))
    if not cut:
        longest = max(len(r.samples) for r in dataset.recordings)
        raise InputError(
            f"dataset {dataset.name}: windows of {length} samples asked for, the longest "
            f"recording has {longest}"
        )
    return replace(dataset, recordings=cut)


def _cut(recording: Recording, length: int, hop: int) -> list[Recording]:
    starts = range(0, len(recording.samples) - length + 1, hop)
    return [
        replace(
            recording, name=f"{recording.name}@{at}", samples=recording.samples[at : at + length]
        )
        for at in starts
    ]
