"""Labels that look wrong, found without training a network.

Each recording is described by how strong it is in octaves of frequency over time, or an image by
its thumbnail. What other groups' recordings nearest to it are labelled votes on its label: the
share of each label among `NEIGHBOURS`. A label looks wrong where the votes for another label reach
what that label's own recordings usually get, and those for the given one do not (the threshold of
confident learning: Northcutt, Jiang, Chuang, "Confident Learning", JAIR 70, 2021, equation 2).

This finds what to listen to first. It proves nothing, and says nothing at all where the votes are
no better than guessing.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from milliwatt.data.dataset import Dataset
from milliwatt.data.recording import Recording

NEIGHBOURS = 11
SEGMENTS = 8  # stretches of time
OCTAVES = 8
THUMBNAIL = 12  # rows and columns
MOST = 6000  # recordings; beyond, as many are drawn
BLOCK = 256  # recordings compared with all others at a time
USEFUL = 0.75  # share of labels that the votes must give, to be believed where they do not
BETTER = 2.0  # times the odds of always saying the commonest label, likewise
Features = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that looks wrong.

    Attributes:
        recording: position in the dataset.
        suggested: index of the label that its neighbours have.
        margin: votes for that label less those for the given one, 0 to 1.
    """

    recording: int
    suggested: int
    margin: float


@dataclass(frozen=True, slots=True)
class Votes:
    """What neighbours say.

    Attributes:
        doubts: the most doubtful first.
        accuracy: share of recordings whose neighbours agree with the label.
        commonest: share of the commonest label, which guessing would reach.
        useful: the accuracy says that the votes mean something.
        checked: how many recordings were looked at.
    """

    doubts: tuple[Doubt, ...]
    accuracy: float
    commonest: float
    useful: bool
    checked: int


def vote(dataset: Dataset) -> Votes | None:
    """Let neighbours vote on every label; None where there are too few labels or recordings."""
    labelled = [i for i, r in enumerate(dataset.recordings) if r.label is not None]
    if len(labelled) > MOST:
        labelled = sorted(np.random.default_rng(0).permutation(labelled)[:MOST].tolist())
    labels = np.array([dataset.recordings[i].label for i in labelled], np.int64)
    if len(set(labels.tolist())) < 2 or len(labelled) <= 2 * NEIGHBOURS:
        return None
    features = np.stack([describe(dataset.recordings[i]) for i in labelled])
    shares = _neighbours(
        _standardised(features), labels, _groups(dataset, labelled), len(dataset.labels)
    )
    accuracy = float((shares.argmax(axis=1) == labels).mean())
    commonest = float(np.bincount(labels).max() / len(labels))
    return Votes(
        tuple(replace(d, recording=labelled[d.recording]) for d in doubts(shares, labels)),
        accuracy,
        commonest,
        accuracy >= USEFUL and _odds(accuracy) >= BETTER * _odds(commonest),
        len(labelled),
    )


def doubts(shares: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> tuple[Doubt, ...]:
    """Return the labels that look wrong, the most doubtful first.

    Args:
        shares: ``[recording, label]``, how much speaks for each label, from 0 to 1, by something
            that has not seen the recording's own: votes, or a model trained on other groups.
        labels: ``[recording]``, the given ones.
    """
    rows = np.arange(len(labels))
    given = shares[rows, labels]
    usual = np.full(shares.shape[1], np.inf)
    for label in set(labels.tolist()):
        usual[label] = shares[labels == label, label].mean()
    others = shares.copy()
    others[rows, labels] = -1.0
    suggested = others.argmax(axis=1)
    other = others[rows, suggested]
    doubtful = (other >= usual[suggested]) & (other > given) & (given < usual[labels])
    order = np.flatnonzero(doubtful)[np.argsort(-(other - given)[doubtful], kind="stable")]
    return tuple(Doubt(int(i), int(suggested[i]), float(other[i] - given[i])) for i in order)


def describe(recording: Recording) -> Features:
    """Return features, float32 ``[feature]``, of a fixed length for any length of recording."""
    samples = recording.samples.astype(np.float32)
    if recording.is_image:
        rows, columns = (np.linspace(0, n - 1, THUMBNAIL).round().astype(int)
                         for n in samples.shape[:2])  # fmt: skip
        thumbnail: Features = samples[rows][:, columns].reshape(-1)
        return thumbnail
    parts = [_octaves(part) for part in np.array_split(samples, SEGMENTS) if len(part)]
    parts += [parts[-1]] * (SEGMENTS - len(parts))
    levels = np.stack(parts)
    # Time matters in a word and not in a walk, so both the course and its mean have a say.
    means = samples.mean(axis=0) / (samples.std(axis=0) + 1)
    described: Features = np.concatenate(
        [levels.reshape(-1), SEGMENTS * levels.mean(axis=0), means]
    )
    return described


def _octaves(samples: Features) -> Features:
    """Return log energies ``[OCTAVES * channel]``, the highest octave first, per sample."""
    power = np.abs(np.fft.rfft(samples - samples.mean(axis=0), axis=0)) ** 2
    top, levels = len(power), []
    for _ in range(OCTAVES):
        bottom = max(1, top // 2)
        levels.append(np.log1p(power[bottom:top].sum(axis=0) / len(samples) ** 2))
        top = bottom
    octaves: Features = np.concatenate(levels).astype(np.float32)
    return octaves


def _standardised(features: Features) -> Features:
    deviation = features.std(axis=0)
    centred: Features = (features - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return centred


def _groups(dataset: Dataset, chosen: list[int]) -> npt.NDArray[np.int64]:
    """Return a number per group; recordings without one are their own."""
    known = {name: i for i, name in enumerate(dataset.groups)}
    named = (dataset.recordings[i].group for i in chosen)
    return np.array(
        [known[g] if g is not None else len(known) + i for i, g in enumerate(named)], np.int64
    )


def _neighbours(
    features: Features, labels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.float64]:
    """Return ``[recording, label]``: shares of labels among the nearest of other groups."""
    squares = (features**2).sum(axis=1)
    shares = np.zeros((len(labels), classes))
    for start in range(0, len(labels), BLOCK):
        rows = slice(start, start + BLOCK)
        distances = squares - 2 * features[rows] @ features.T
        distances[groups[rows, None] == groups[None]] = np.inf
        nearest = np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        known = np.isfinite(np.take_along_axis(distances, nearest, axis=1))
        for label in range(classes):
            votes = ((labels[nearest] == label) & known).sum(axis=1)
            shares[rows, label] = votes / np.maximum(known.sum(axis=1), 1)
    return shares


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else float("inf")
