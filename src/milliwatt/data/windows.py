"""Cutting recordings into windows of one length."""

from bisect import bisect_left, bisect_right
from dataclasses import replace

from milliwatt.data.dataset import Dataset
from milliwatt.data.recording import Recording, Span
from milliwatt.errors import InputError

COVER = 0.5  # of a window's samples that a span must hold to give the window its label


def cut_windows(dataset: Dataset, *, length: int, hop: int, cover: float = COVER) -> Dataset:
    """Return ``dataset`` with each recording cut into windows, in order.

    Window ``i`` of a recording holds its samples ``i * hop`` to ``i * hop + length - 1`` and
    keeps its group. Its label is that of the span which holds the most of it, if that is at least
    ``cover`` of the window; otherwise the recording's own; a window with neither is left out.
    A tail shorter than ``length`` is left out too, since padding it would teach samples that no
    sensor gave. Split before cutting: windows that overlap must not meet across a split.

    Args:
        dataset: series of any length.
        length: samples a window, at least 1.
        hop: samples from one window's start to the next, at least 1.
        cover: share of a window that a span must hold, above 0, at most 1.

    Raises:
        InputError: ``length`` or ``hop`` below 1, ``cover`` out of range, images, no recording as
            long as ``length``, or no window with a label.
    """
    if length < 1 or hop < 1:
        raise InputError(f"window length {length}, hop {hop}; both must be at least 1 sample")
    if not 0 < cover <= 1:
        raise InputError(f"a span must hold {cover} of a window; wanted above 0, at most 1")
    if dataset.recordings[0].is_image:
        raise InputError(f"dataset {dataset.name} holds images; windows are cut from series")
    longest = max(len(r.samples) for r in dataset.recordings)
    if longest < length:
        raise InputError(
            f"dataset {dataset.name}: windows of {length} samples asked for, the longest "
            f"recording has {longest}"
        )
    cut = tuple(w for r in dataset.recordings for w in _cut(r, length, hop, cover))
    if not cut:
        raise InputError(
            f"dataset {dataset.name}: no window of {length} samples has a label; label the "
            "recordings, or ask for a smaller cover"
        )
    return replace(dataset, recordings=cut)


def _cut(recording: Recording, length: int, hop: int, cover: float) -> list[Recording]:
    starts, stops = [s.start for s in recording.spans], [s.stop for s in recording.spans]
    windows = []
    for at in range(0, len(recording.samples) - length + 1, hop):
        # Spans are in order and never overlap, so those that touch the window lie together.
        touching = slice(bisect_right(stops, at), bisect_left(starts, at + length))
        label = _label(recording.spans[touching], at, at + length, cover)
        label = recording.label if label is None else label
        if label is None:
            continue
        windows.append(
            replace(
                recording,
                name=f"{recording.name}@{at}",
                samples=recording.samples[at : at + length],
                label=label,
                spans=(),
            )
        )
    return windows


def _label(spans: tuple[Span, ...], start: int, stop: int, cover: float) -> int | None:
    held: dict[int, int] = {}
    for span in spans:
        inside = min(span.stop, stop) - max(span.start, start)
        held[span.label] = held.get(span.label, 0) + inside
    best = max(held, key=lambda label: (held[label], -label), default=None)
    return best if best is not None and held[best] >= cover * (stop - start) else None
