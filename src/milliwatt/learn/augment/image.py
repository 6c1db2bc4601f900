"""What the same thing would have looked like from beside, mirrored, in other light."""

from dataclasses import dataclass

import numpy as np

from milliwatt.learn.augment.variation import Labels, Samples, saturated


@dataclass(frozen=True, slots=True)
class ImageVariation:
    """How a variant differs from the original.

    Attributes:
        flip: whether half of all variants are mirrored left to right.
        shift: pixels by which a variant is moved at most along both axes; the border's pixels
            repeat.
        brightness: standard deviation of what is added to all pixels, of 255.
        contrast: standard deviation of the factor on each pixel's distance from the mean.
    """

    flip: bool = True
    shift: int = 4
    brightness: float = 0.08
    contrast: float = 0.15

    def __call__(self, samples: Samples, labels: Labels, random: np.random.Generator) -> Samples:
        """Return a variant of each of ``[N, row, column, channel]``."""
        del labels
        _, rows, columns, _ = samples.shape
        variants = np.empty_like(samples)
        for i, image in enumerate(samples):
            down, right = random.integers(-self.shift, self.shift + 1, 2)
            at_row = np.clip(np.arange(rows) - down, 0, rows - 1)
            at_column = np.clip(np.arange(columns) - right, 0, columns - 1)
            x = image[at_row][:, at_column].astype(np.float64)
            if self.flip and random.random() < 1 / 2:
                x = x[:, ::-1]
            mean = x.mean()
            factor = random.normal(1.0, self.contrast)
            x = (x - mean) * factor + mean + random.normal(0.0, self.brightness) * 255
            variants[i] = saturated(x, samples)
        return variants
