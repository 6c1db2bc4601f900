"""Scores, in numpy, for predictions of any origin: float model, simulated int8 or device."""

import math

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError

Labels = npt.NDArray[np.int64]
AXES = ("N", "class")


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
