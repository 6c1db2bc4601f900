"""A side of the split as the model's inputs: windows of recordings, or recordings as they are."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from milliwatt.data import Counts, Dataset, Pixels, Recording, Span, cut_windows
from milliwatt.project.file import Project

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What one side of the split gives.

    Attributes:
        samples: ``[N, time, channel]`` counts, or ``[N, row, column, channel]`` pixels.
        targets: int64 ``[N]``, classes.
        recording: int64 ``[N]``, from which recording of the side each comes.
        recording_targets: int64 ``[recording]``: the recording's own label; where spans carry
            labels, the highest of its windows; -1 where it gave no window.
    """

    samples: Counts | Pixels
    targets: Labels
    recording: Labels
    recording_targets: Labels


def inputs_of(project: Project, dataset: Dataset) -> Inputs:
    """Cut a side of the split as ``[window]`` says.

    Raises:
        InputError: recordings differ in length and no window is given, or none is long enough.
    """
    cut = project.file.window
    windows = dataset
    if cut is not None:
        length = samples_in(cut.length_ms, dataset)
        hop = samples_in(cut.hop_ms or cut.length_ms, dataset)
        cover = {} if cut.cover is None else {"cover": cut.cover}
        if cut.event is not None:
            windows = with_events(project, dataset)
            around = samples_in(cut.event_ms, dataset)
            cover = {"cover": around / length}  # a window holds all that is around an event
        windows = cut_windows(windows, length=length, hop=hop, **cover)
    samples = windows.images() if windows.recordings[0].is_image else windows.samples()
    number = {r.name: i for i, r in enumerate(dataset.recordings)}
    names = [w.name.rpartition("@")[0] if cut else w.name for w in windows.recordings]
    recording = np.array([number[n] for n in names], np.int64)
    targets = windows.targets()
    return Inputs(samples, targets, recording, _of_recordings(dataset, targets, recording))


def with_events(project: Project, dataset: Dataset) -> Dataset:
    """Return ``dataset`` with a span around the event of each recording that holds one.

    Raises:
        InputError: no such label or channel.
    """
    cut = project.file.window
    assert cut is not None  # noqa: S101  (asked for by it)
    if cut.event not in dataset.labels:
        raise project.place.error(
            ("window", "event"),
            f"{cut.event!r} is not a label; there are {', '.join(dataset.labels)}",
        )
    names = [c.name for c in dataset.channels]
    if absent := sorted(set(cut.event_channels) - set(names)):
        raise project.place.error(
            ("window", "event_channels"),
            f"no channel {absent[0]!r}; there are {', '.join(names)}",
        )
    columns = [names.index(n) for n in cut.event_channels or names]
    label, half = dataset.labels.index(cut.event), samples_in(cut.event_ms, dataset) // 2

    def marked(r: Recording) -> Recording:
        if r.label != label:
            return r
        strength = np.square(r.samples[:, columns].astype(np.float64)).sum(axis=1)
        # the span stays whole at either end, or no window could hold it
        middle = min(max(int(strength.argmax()), half), max(half, len(r.samples) - half))
        span = Span(middle - half, min(len(r.samples), middle + half + 1), label)
        return replace(r, label=None, spans=(span,))

    return replace(dataset, recordings=tuple(marked(r) for r in dataset.recordings))


def samples_in(milliseconds: float, dataset: Dataset) -> int:
    """Return a length in samples, at least one."""
    return max(1, round(milliseconds * dataset.sample_rate_hz / 1000))


def _of_recordings(dataset: Dataset, targets: Labels, recording: Labels) -> Labels:
    found = []
    for i, r in enumerate(dataset.recordings):
        seen = targets[recording == i]
        own = int(seen.max()) if len(seen) else -1  # too short for a window: nothing to decide
        found.append(own if r.label is None or r.spans else r.label)
    return np.array(found, np.int64)
