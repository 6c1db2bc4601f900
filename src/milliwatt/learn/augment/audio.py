"""What the same word would have sounded like: elsewhere, earlier, louder, from another throat."""

from dataclasses import dataclass

import numpy as np

from milliwatt.errors import InputError
from milliwatt.learn.augment.variation import Labels, Reals, Samples, read_at, saturated

LOUDEST_NOISE = 8.0  # times as recorded; a silent recording would be raised without end


@dataclass(frozen=True, slots=True)
class AudioVariation:
    """How a variant differs from the original.

    Attributes:
        shift: samples by which a variant starts earlier or later at most; silence fills.
        speed: largest share by which a variant is faster or slower, its pitch with it, as
            another speaker's would be.
        gain_db: lowest and highest change of loudness.
        noise_label: index of the class whose recordings are the background, mixed into every
            other recording; None for no background. Noise itself is mixed with noise.
        noise_share: share of variants that get noise.
        snr_db: lowest and highest ratio of signal to noise.
    """

    shift: int = 1600
    speed: float = 0.15
    gain_db: tuple[float, float] = (-12.0, 8.0)
    noise_label: int | None = None
    noise_share: float = 0.8
    snr_db: tuple[float, float] = (0.0, 30.0)

    def __call__(self, samples: Samples, labels: Labels, random: np.random.Generator) -> Samples:
        """Return a variant of each of ``[N, time, 1]``.

        Raises:
            InputError: no recording has the label ``noise_label``.
        """
        noises = samples[labels == self.noise_label]
        if self.noise_label is not None and not len(noises):
            raise InputError(
                f"no recording is labelled {self.noise_label}, whose recordings are to be the "
                "background; wanted the index of a class that occurs, or noise_label = None"
            )
        variants = np.empty_like(samples)
        for i, (recording, label) in enumerate(zip(samples, labels, strict=True)):
            x = self._moved(recording.astype(np.float64), random)
            if len(noises) and random.random() < self.noise_share:
                noise = noises[random.integers(len(noises))].astype(np.float64)
                noise = np.roll(noise, random.integers(len(noise)), axis=0)
                x = self._mixed(x, noise, random, is_noise=label == self.noise_label)
            x = x * 10 ** (random.uniform(*self.gain_db) / 20)
            variants[i] = saturated(x, samples)
        return variants

    def _moved(self, x: Reals, random: np.random.Generator) -> Reals:
        """Return ``x`` at another speed about its middle, and later or earlier."""
        factor = random.uniform(1 - self.speed, 1 + self.speed)
        shift = random.uniform(-self.shift, self.shift)
        middle = len(x) / 2
        at: Reals = (np.arange(len(x), dtype=np.float64) - middle - shift) * factor + middle
        return read_at(x, at)

    def _mixed(
        self, x: Reals, noise: Reals, random: np.random.Generator, *, is_noise: bool
    ) -> Reals:
        if is_noise:
            return x * random.random() + noise * random.random()
        snr_db = random.uniform(*self.snr_db)
        level = loudness(x) / loudness(noise) * 10 ** (-snr_db / 20)
        return x + noise * min(level, LOUDEST_NOISE)


def loudness(x: Reals) -> float:
    """Return the root mean square in counts, at least 1 so that silence can be divided by."""
    return max(float(np.sqrt(np.mean(np.square(x)))), 1.0)
