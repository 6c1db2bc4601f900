"""How far a score can be trusted: intervals for shares and for rates.

Written here with nothing but the standard library and numpy, since they are a few lines each and
a statistics package would be the largest thing that scoring needs; tests hold them to SciPy's.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError

CONFIDENCE = 0.95
HALVINGS = 60  # of an interval of length 1: below the spacing of doubles near it


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; both ends belong to it."""

    low: float
    high: float


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of a share, right on average over all true shares.

    Assumes trials that do not depend on each other.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    _check(successes, trials, confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, over = successes / trials, z * z / trials
    middle = (share + over / 2) / (1 + over)
    half = z / (1 + over) * math.sqrt(share * (1 - share) / trials + over / (4 * trials))
    # rounding may leave the end where no success, or nothing but, was seen an ulp off
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return Interval(low, high)


def clopper_pearson(successes: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of a share that holds at least as often as it says: for safety.

    The ends are the shares at which as few, or as many, successes have half of what
    ``confidence`` leaves as their probability.

    Source: Clopper and Pearson, "The Use of Confidence or Fiducial Limits", 1934.
    """
    _check(successes, trials, confidence)
    tail = (1 - confidence) / 2

    def at_most(count: int, share: float) -> float:
        return _binomial_at_most(count, trials, share)

    low, high = 0.0, 1.0
    if successes > 0:
        low = _root(lambda p: 1 - at_most(successes - 1, p) - tail, 0.0, 1.0)
    if successes < trials:
        high = _root(lambda p: tail - at_most(successes, p), 0.0, 1.0)
    return Interval(low, high)


def poisson_rate(events: int, exposure: float, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of a rate: ``events`` seen in ``exposure``, such as hours.

    Raises:
        InputError: a negative count, or no exposure.

    Source: Garwood, "Fiducial Limits for the Poisson Distribution", 1936.
    """
    if events < 0 or not exposure > 0 or not 0 < confidence < 1:
        raise InputError(
            f"{events} events in {exposure}, confidence {confidence}; wanted a count, some "
            "exposure and a confidence between 0 and 1"
        )
    tail = (1 - confidence) / 2
    most = events + 10 * math.sqrt(events + 10) + 20  # beyond any interval that is asked for
    low = 0.0
    if events > 0:
        low = _root(lambda m: 1 - _poisson_at_most(events - 1, m) - tail, 0.0, most)
    high = _root(lambda m: tail - _poisson_at_most(events, m), 0.0, most)
    return Interval(low / exposure, high / exposure)


def by_group(
    values: npt.NDArray[np.floating],
    groups: npt.NDArray[np.generic],
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    draws: int = 2000,
) -> Interval:
    """Return the interval of the mean of ``values`` [N] over groups like those seen.

    What one person does is alike, so samples of a group are not independent; whole groups are
    drawn with replacement.

    Args:
        values: one for each sample, such as 1.0 where it was right.
        groups: who each sample comes from, ``[N]``.
        seed: of the draws.
        confidence: of the interval.
        draws: how many times groups are drawn.

    Raises:
        InputError: lengths differ, or there are fewer than two groups.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, percentile intervals.
    """
    names, index = np.unique(groups, return_inverse=True)
    if len(values) != len(groups) or len(names) <= 1:
        raise InputError(
            f"{len(values)} values of {len(groups)} samples in {len(names)} groups; wanted a "
            "value for each sample, and at least two groups"
        )
    sums, counts = np.bincount(index, values), np.bincount(index)
    chosen = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
    means = sums[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


def _check(successes: int, trials: int, confidence: float) -> None:
    if not 0 <= successes <= trials or trials == 0 or not 0 < confidence < 1:
        raise InputError(
            f"{successes} of {trials}, confidence {confidence}; wanted at least one trial, no "
            "more successes than trials, and a confidence between 0 and 1"
        )


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Return where ``rising`` changes its sign between ``low`` and ``high``."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _binomial_at_most(count: int, trials: int, share: float) -> float:
    if share <= 0 or share >= 1:
        return 1.0 if share <= 0 or count >= trials else 0.0
    whole = math.lgamma(trials + 1)
    return math.fsum(
        math.exp(
            whole
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * math.log(share)
            + (trials - k) * math.log1p(-share)
        )
        for k in range(count + 1)
    )


def _poisson_at_most(count: int, mean: float) -> float:
    if mean <= 0:
        return 1.0
    return math.fsum(
        math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1)
    )
