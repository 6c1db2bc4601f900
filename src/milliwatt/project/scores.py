"""From scores of windows to answers, and from answers to counts with their uncertainty."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError
from milliwatt.project.file import Decide
from milliwatt.report.result import Counted

Labels = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What is scored: windows, or recordings by their windows.

    Attributes:
        y: int64 ``[window]``, classes.
        recording: int64 ``[window]``, the recording of each, in the order of time within one.
        recording_y: int64 ``[recording]``, classes of whole recordings.
    """

    y: Labels
    recording: Labels
    recording_y: Labels

    def only(self, windows: Labels) -> "Units":
        """Return these windows alone."""
        return Units(self.y[windows], self.recording[windows], self.recording_y)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Expected and given classes, int64 ``[unit]`` each."""

    expected: Labels
    given: Labels

    @property
    def right(self) -> Counted:
        """How many answers are right."""
        return counted(int((self.expected == self.given).sum()), len(self.expected))

    def among(self, label: int, *, positive: bool) -> Counted | None:
        """Return the sensitivity to ``label``, or the specificity; None where nothing is of it."""
        of = (self.expected == label) == positive
        hits = ((self.given == label) == positive) & of
        return counted(int(hits.sum()), int(of.sum())) if of.any() else None

    def confusion(self, classes: int) -> tuple[tuple[int, ...], ...]:
        """Return how often row's class was taken for column's."""
        matrix = np.zeros((classes, classes), np.int64)
        np.add.at(matrix, (self.expected, self.given), 1)
        return tuple(map(tuple, matrix.tolist()))


def counted(right: int, total: int) -> Counted:
    """Return a share with the interval of Wilson, 95 %."""
    from milliwatt.learn.intervals import wilson  # noqa: PLC0415  (the room needs PyTorch)

    interval = wilson(right, total)
    return Counted(right, total, interval.low, interval.high)


def answers(scores: Reals, units: Units, how: Decide, positive: int, threshold: float) -> Answers:
    """Return what is decided from the scores of windows.

    Args:
        scores: ``[window, class]``, in real numbers.
        units: what they are of.
        how: what one answer is made of.
        positive: the class that ``any`` looks for.
        threshold: the lead over every other class that it must have.
    """
    if how.per == "window":
        given = scores.argmax(axis=1)
        if how.how == "any":
            given = _with_threshold(
                scores, positive, threshold, np.array([_lead(scores, positive)])
            )
        return Answers(units.y, given.astype(np.int64))
    seen = np.unique(units.recording)
    sums = np.stack([scores[units.recording == r].sum(axis=0) for r in seen])
    given = sums.argmax(axis=1)
    if how.how == "any":
        leads = leads_of(scores, units, how.windows, positive)
        given = _with_threshold(sums, positive, threshold, leads[None])
    return Answers(units.recording_y[seen], given.astype(np.int64))


def by_class(scores: Reals, classes: int, positive: int) -> Reals:
    """Return ``[window, class]``; one distance from normal becomes the lead of ``positive``.

    Raises:
        InputError: the model gives neither a score for each class nor a distance.
    """
    if scores.shape[1] == classes:
        return scores
    if scores.shape[1] != 1:
        raise InputError(
            f"the model gives {scores.shape[1]} scores for {classes} labels; wanted one for each, "
            "or one distance"
        )
    found = np.zeros((len(scores), classes))
    found[:, positive] = scores[:, 0]
    return found


def leads_of(scores: Reals, units: Units, windows: int, positive: int) -> Reals:
    """Return for each recording seen the most that ``windows`` windows in a row all reach."""
    lead = _lead(scores, positive)
    found = []
    for r in np.unique(units.recording):
        own = lead[units.recording == r]
        runs = np.lib.stride_tricks.sliding_window_view(own, min(windows, len(own)))
        found.append(runs.min(axis=1).max())
    return np.array(found)


def chosen_threshold(leads: Reals, is_positive: npt.NDArray[np.bool_]) -> float:
    """Return the lead that parts the two kinds best: the largest sensitivity plus specificity.

    Of several thresholds that do as well the one in the middle of the widest gap is taken, since
    new recordings fall on both sides of it.
    """
    order = np.unique(leads)
    middles = (order[1:] + order[:-1]) / 2
    candidates = np.concatenate(([order[0] - 1.0], middles, [order[-1] + 1.0]))
    gaps = np.concatenate(([0.0], order[1:] - order[:-1], [0.0]))
    parted = [
        float((leads[is_positive] >= t).mean() + (leads[~is_positive] < t).mean())
        for t in candidates
    ]
    best = max(range(len(candidates)), key=lambda i: (round(parted[i], 9), gaps[i]))
    return float(candidates[best])


def _lead(scores: Reals, positive: int) -> Reals:
    others = np.delete(scores, positive, axis=1).max(axis=1)
    lead: Reals = scores[:, positive] - others
    return lead


def _with_threshold(scores: Reals, positive: int, threshold: float, leads: Reals) -> Labels:
    """Return ``positive`` where the lead is reached, elsewhere the best of the others."""
    others = scores.astype(np.float64).copy()
    others[:, positive] = -np.inf
    given: Labels = np.where(leads.reshape(-1) >= threshold, positive, others.argmax(axis=1))
    return given
