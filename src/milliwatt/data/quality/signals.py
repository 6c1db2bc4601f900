"""Recordings whose samples cannot be what happened: clipped, constant, standing still.

* Clipped: `CLIPPED_RUN` or more samples in a row at the largest or smallest count that the channel
  has anywhere in the dataset, be that the edge of int16 or that of a sensor with fewer bits.
  Channels of a small range are left out, where a switch or a slow quantity rests at its extreme.
* Constant: a channel with one value throughout.
* Standing still: no channel changes for `STILL_S`; padding, a frozen driver or a lost connection.
"""

from collections.abc import Sized

import numpy as np
import numpy.typing as npt

from milliwatt.data.dataset import Dataset
from milliwatt.data.quality.finding import Finding, Trouble
from milliwatt.data.recording import Recording

CLIPPED_RUN = 3  # samples; a peak alone may touch the edge once or twice
SMALL_RANGE = 1000  # counts between a channel's extremes, below which plateaus are usual
STILL_S = 0.25
STILL_SAMPLES = 20  # and at least as many samples, for slow sensors


def suspicious_signals(dataset: Dataset) -> list[Finding]:
    """Return findings about single recordings; images are only checked for being of one colour."""
    findings = [_constant(dataset)]
    if not dataset.recordings[0].is_image:
        findings += [_clipped(dataset), _still(dataset)]
    return [f for f in findings if f is not None]


def longest_run(mask: npt.NDArray[np.bool_]) -> int:
    """Return the length of the longest stretch of true in ``[time]``."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.view(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _constant(dataset: Dataset) -> Finding | None:
    found: dict[str, list[str]] = {}
    for recording in dataset.recordings:
        axes = tuple(range(recording.samples.ndim - 1))
        still = recording.samples.min(axis=axes) == recording.samples.max(axis=axes)
        # A colour image of one colour per channel is one flat area; one flat channel may be real.
        if recording.is_image and not still.all():
            continue
        for channel in np.flatnonzero(still):
            found.setdefault(recording.name, []).append(dataset.channels[channel].name)
    if not found:
        return None
    every = sorted({name for names in found.values() for name in names})
    return Finding(
        Trouble.CONSTANT,
        f"{_share(found, dataset)} have a channel that never changes ({', '.join(every)})",
        tuple(sorted(found, key=lambda name: (-len(found[name]), name))),
    )


def _clipped(dataset: Dataset) -> Finding | None:
    lows = np.min([r.samples.min(axis=0) for r in dataset.recordings], axis=0).astype(np.int32)
    highs = np.max([r.samples.max(axis=0) for r in dataset.recordings], axis=0).astype(np.int32)
    wide = highs - lows >= SMALL_RANGE
    found: dict[str, float] = {}
    for recording in dataset.recordings:
        edge = ((recording.samples == lows) | (recording.samples == highs)) & wide
        if any(longest_run(edge[:, i]) >= CLIPPED_RUN for i in np.flatnonzero(edge.any(axis=0))):
            found[recording.name] = float(edge.mean())
    if not found:
        return None
    return Finding(
        Trouble.CLIPPED,
        f"{_share(found, dataset)} rest at the edge of the sensor's range for {CLIPPED_RUN} "
        "samples or more: the true peak is lost",
        tuple(sorted(found, key=lambda name: (-found[name], name))),
    )


def _still(dataset: Dataset) -> Finding | None:
    least = max(STILL_SAMPLES, round(STILL_S * dataset.sample_rate_hz))
    found: dict[str, int] = {}
    for recording in dataset.recordings:
        run = still_samples(recording)
        if run >= least:
            found[recording.name] = run
    if not found:
        return None
    longest = max(found.values()) / dataset.sample_rate_hz
    return Finding(
        Trouble.STILL,
        f"{_share(found, dataset)} stand still for {least / dataset.sample_rate_hz:.3g} s or more "
        f"(longest {longest:.3g} s): padding, a frozen driver or a gap",
        tuple(sorted(found, key=lambda name: (-found[name], name))),
    )


def still_samples(recording: Recording) -> int:
    """Return for how many samples in a row no channel changes."""
    same = (recording.samples[1:] == recording.samples[:-1]).all(axis=1)
    return longest_run(same) + 1


def _share(found: Sized, dataset: Dataset) -> str:
    return f"{len(found)} of {len(dataset.recordings)} recordings"
