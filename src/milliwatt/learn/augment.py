"""More recordings from few: what the same motion would have looked like on another wrist.

Works on counts, before the features, so that every copy passes through the integer operators
that the device runs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How copies differ from the original.

    Attributes:
        strength: standard deviation of a factor on all samples of a recording (a brisker or
            calmer person).
        noise: standard deviation of noise added to each sample, as a fraction of the channel's
            standard deviation over all recordings.
        shift: samples by which a copy is rotated in time at most; suits recordings of steady
            motion, where the start is arbitrary.
    """

    strength: float = 0.1
    noise: float = 0.05
    shift: int = 10


def augment(counts: Counts, copies: int, how: Augmentation, *, seed: int) -> Counts:
    """Return int16 ``[N * (copies + 1), time, channel]``: ``counts``, then ``copies`` variants.

    Rows ``k * N`` to ``k * N + N - 1`` are the ``k``-th variant in the order of ``counts``, so
    labels repeat with ``numpy.tile``. Saturates at int16 as a sensor does.
    """
    random = np.random.default_rng(seed)
    spread = how.noise * counts.std(axis=(0, 1))
    variants = [counts]
    for _ in range(copies):
        factor = random.normal(1.0, how.strength, (len(counts), 1, 1))
        noise = random.normal(0.0, 1.0, counts.shape) * spread
        shifts = random.integers(-how.shift, how.shift + 1, len(counts))
        rolled = np.stack([np.roll(c, s, axis=0) for c, s in zip(counts, shifts, strict=True)])
        limits = np.iinfo(np.int16)
        values = np.clip(np.rint(rolled * factor + noise), limits.min, limits.max)
        variants.append(values.astype(np.int16))
    return np.concatenate(variants)
