"""What all augmentations of counts have in common."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError

Samples = npt.NDArray[np.int16] | npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


class Variation(Protocol):
    """Makes of each recording another that might as well have been recorded."""

    def __call__(self, samples: Samples, labels: Labels, random: np.random.Generator) -> Samples:
        """Return one variant of each recording: the same type and shape, in the same order.

        Args:
            samples: ``[N, time, channel]`` int16, or ``[N, row, column, channel]`` uint8.
            labels: int64 ``[N]``, class indices; a variant keeps its label.
            random: where all chance comes from.
        """


def augment(samples: Samples, labels: Labels, copies: int, how: Variation, *, seed: int) -> Samples:
    """Return ``[N * (copies + 1), …]``: ``samples``, then ``copies`` variants of them.

    Rows ``k * N`` to ``k * N + N - 1`` are the ``k``-th variant in the order of ``samples``, so
    labels repeat with ``numpy.tile``. Saturates as a sensor does.

    Raises:
        InputError: as many labels as recordings were wanted.
    """
    if len(labels) != len(samples):
        raise InputError(f"{len(samples)} recordings, {len(labels)} labels; wanted one for each")
    random = np.random.default_rng(seed)
    return np.concatenate([samples, *(how(samples, labels, random) for _ in range(copies))])


def saturated(values: Reals, like: Samples) -> Samples:
    """Return ``values`` rounded to the integers of ``like``, saturating."""
    limits = np.iinfo(like.dtype)
    whole = np.clip(np.rint(values), limits.min, limits.max)
    return whole.astype(np.uint8) if like.dtype == np.uint8 else whole.astype(np.int16)


def read_at(samples: Reals, positions: Reals) -> Reals:
    """Return ``[time, channel]`` read at fractional ``positions`` [time], 0 beyond both ends."""
    at = np.arange(len(samples))
    columns = [np.interp(positions, at, c, left=0.0, right=0.0) for c in samples.T]
    return np.stack(columns, axis=1)
