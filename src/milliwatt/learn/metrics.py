"""Scores, in numpy, for predictions of any origin: float model, simulated int8 or device."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError
from milliwatt.learn.intervals import Interval, poisson_rate

Labels = npt.NDArray[np.int64]
AXES = ("N", "class")


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How one class fares against all others.

    Attributes:
        precision: share of right ones among what was taken for the class; None if nothing was.
        recall: share of the class that was found; None if there is none of it.
        f1: harmonic mean of the two, 0 where neither is above 0; None if either is None.
        count: samples of the class.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Detection:
    """How well something is detected, counted.

    Attributes:
        hits: positives found.
        positives: all there were.
        false_alarms: negatives taken for positive.
        negatives: all there were.
    """

    hits: int
    positives: int
    false_alarms: int
    negatives: int

    @property
    def sensitivity(self) -> float | None:
        """The share of positives that is found; None if there are none."""
        return self.hits / self.positives if self.positives else None

    @property
    def specificity(self) -> float | None:
        """The share of negatives that is left alone; None if there are none."""
        return 1 - self.false_alarms / self.negatives if self.negatives else None


@dataclass(frozen=True, slots=True)
class FalseAccepts:
    """How often something is detected that was not there.

    Attributes:
        events: false detections.
        hours: how long was listened.
        interval: of the rate an hour.
    """

    events: int
    hours: float
    interval: Interval

    @property
    def per_hour(self) -> float:
        """The rate that was seen."""
        return self.events / self.hours


def predictions(scores: npt.NDArray[np.generic]) -> Labels:
    """Return int64 ``[N]``, the best class of each row of ``[N, class]``; the first on a tie."""
    if scores.ndim != len(AXES):
        raise InputError(f"scores {list(scores.shape)}; wanted [N, class]")
    best: Labels = np.argmax(scores, axis=1).astype(np.int64)
    return best


def accuracy(expected: Labels, predicted: Labels) -> float:
    """Return the share of right predictions, 0 to 1."""
    _check(expected, predicted)
    return float(np.mean(expected == predicted))


def confusion_matrix(expected: Labels, predicted: Labels, classes: int) -> Labels:
    """Return int64 ``[classes, classes]``: how often row's class was taken for column's."""
    _check(expected, predicted)
    for name, labels in (("expected", expected), ("predicted", predicted)):
        if labels.min() < 0 or labels.max() >= classes:
            raise InputError(
                f"{name} labels span {labels.min()} to {labels.max()}; wanted 0 to {classes - 1}"
            )
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (expected, predicted), 1)
    return matrix


def class_scores(expected: Labels, predicted: Labels, classes: int) -> tuple[ClassScore, ...]:
    """Return precision, recall and their harmonic mean of every class."""
    matrix = confusion_matrix(expected, predicted, classes)
    scores = []
    for k in range(classes):
        right, taken, there = int(matrix[k, k]), int(matrix[:, k].sum()), int(matrix[k].sum())
        precision = right / taken if taken else None
        recall = right / there if there else None
        f1 = None if precision is None or recall is None else 2 * right / (taken + there)
        scores.append(ClassScore(precision, recall, f1, there))
    return tuple(scores)


def balanced_accuracy(expected: Labels, predicted: Labels, classes: int) -> float:
    """Return the mean recall of the classes that occur, 0 to 1."""
    recalls = [s.recall for s in class_scores(expected, predicted, classes)]
    known = [r for r in recalls if r is not None]
    return sum(known) / len(known)


def detection(expected: Labels, predicted: Labels, positive: int) -> Detection:
    """Return how well class ``positive`` is told from all others."""
    _check(expected, predicted)
    there, taken = expected == positive, predicted == positive
    return Detection(
        hits=int((there & taken).sum()),
        positives=int(there.sum()),
        false_alarms=int((~there & taken).sum()),
        negatives=int((~there).sum()),
    )


def roc_auc(positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.generic]) -> float:
    """Return the probability that a positive scores above a negative, ties counted half.

    Args:
        positive: bool ``[N]``.
        scores: ``[N]``, higher for what looks positive.

    Raises:
        InputError: all samples are of one kind, or lengths differ.

    Source: Hanley and McNeil, 1982: the area under the curve is the Mann-Whitney statistic.
    """
    count, others = int(positive.sum()), int((~positive).sum())
    if positive.shape != scores.shape or not count or not others:
        raise InputError(
            f"{count} positives, {others} negatives, {len(scores)} scores; wanted some of both "
            "kinds and a score for each"
        )
    _, index, repeats = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(repeats)
    ranks = (last - (repeats - 1) / 2)[index]  # equal scores share the mean of their ranks
    above = ranks[positive].sum() - count * (count + 1) / 2
    return float(above / (count * others))


def false_accepts(events: int, hours: float) -> FalseAccepts:
    """Return the rate of ``events`` false detections in ``hours``, with its 95 % interval.

    Raises:
        InputError: a negative count, or no time.
    """
    return FalseAccepts(events, hours, poisson_rate(events, hours))


def sqnr_db(reference: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Return the signal to quantisation noise ratio in decibels.

    ``10 log10(sum(reference^2) / sum((reference - other)^2))``; infinite where the two agree.
    """
    if reference.shape != other.shape:
        raise InputError(f"shapes differ: {list(reference.shape)} and {list(other.shape)}")
    signal = np.square(reference, dtype=np.float64).sum()
    noise = np.square(reference.astype(np.float64) - other).sum()
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


def _check(expected: Labels, predicted: Labels) -> None:
    if expected.shape != predicted.shape or expected.ndim != 1 or not len(expected):
        raise InputError(
            f"expected labels {list(expected.shape)}, predicted {list(predicted.shape)}; "
            "wanted two lists of one length, not empty"
        )
