"""Augmentation of features, batch by batch: parts hidden, samples mixed."""

from dataclasses import dataclass, replace

import torch
from torch import nn

from milliwatt.learn.objective import Batch


@dataclass(frozen=True, slots=True)
class MaskFeatures:
    """Hide stretches of time and of bands, so that no one of them is relied on.

    What is hidden becomes 0, the mean of standardised features.

    Attributes:
        times: stretches of rows (axis 2) hidden in each sample.
        rows: the longest of them.
        bands: stretches of the width (axis 3) hidden, or of channels (axis 1) where the width
            is 1.
        columns: the longest of them.

    Source: Park et al., "SpecAugment", 2019, time and frequency masking.
    """

    times: int = 2
    rows: int = 6
    bands: int = 2
    columns: int = 5

    def __call__(self, batch: Batch, random: torch.Generator) -> Batch:
        """Return the batch with masked ``x``, ``[n, channel, row, width]``."""
        x = batch.x
        across = 3 if x.shape[3] > 1 else 1
        for axis, count, longest in (
            (2, self.times, self.rows),
            (across, self.bands, self.columns),
        ):
            for _ in range(count):
                x = x * _mask(x, axis, min(longest, x.shape[axis]), random)
        return replace(batch, x=x)


@dataclass(frozen=True, slots=True)
class MixSamples:
    """Blend pairs of samples and their labels.

    Attributes:
        classes: how many there are.
        alpha: of the symmetric beta distribution that a blend's share comes from; small values
            stay near one of the two.
        share: of batches that are blended.

    Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018.
    """

    classes: int
    alpha: float = 0.3
    share: float = 0.8

    def __call__(self, batch: Batch, random: torch.Generator) -> Batch:
        """Return the batch with blended ``x``, and ``y`` as shares of classes."""
        y = batch.y
        if y.dtype == torch.int64:
            y = nn.functional.one_hot(y, self.classes).to(torch.float32)
        if float(torch.rand((), generator=random)) >= self.share:
            return replace(batch, y=y)
        # two draws of a gamma distribution give one of the beta distribution
        shape = torch.full((2,), self.alpha)
        a, b = torch._standard_gamma(shape, generator=random)  # noqa: SLF001  (takes a generator)
        kept = float(a / (a + b)) if a + b > 0 else 1.0
        other = torch.randperm(len(y), generator=random)
        return replace(
            batch,
            x=kept * batch.x + (1 - kept) * batch.x[other],
            y=kept * y + (1 - kept) * y[other],
        )


@dataclass(frozen=True, slots=True)
class WarpBands:
    """Stretch or squeeze the bands of a spectrogram: throats of other lengths.

    Band ``b`` is read at ``b * factor``, between bands by straight lines, the last one beyond
    the end.

    Attributes:
        most: largest share by which the factor differs from 1.

    Source: Jaitly and Hinton, "Vocal Tract Length Perturbation improves speech recognition",
    2013, on bands in place of frequencies.
    """

    most: float = 0.1

    def __call__(self, batch: Batch, random: torch.Generator) -> Batch:
        """Return the batch with warped ``x``, ``[n, channel, row, band]``."""
        n, _, _, bands = batch.x.shape
        factor = 1 + self.most * (2 * torch.rand(n, 1, generator=random) - 1)
        at = (torch.arange(bands) * factor).clamp(max=bands - 1)
        below = at.floor().clamp(max=bands - 2)
        share = (at - below)[:, None, None]
        index = below.long()[:, None, None].expand(batch.x.shape)
        low, high = batch.x.gather(3, index), batch.x.gather(3, index + 1)
        return replace(batch, x=low + share * (high - low))


def _mask(x: torch.Tensor, axis: int, longest: int, random: torch.Generator) -> torch.Tensor:
    """Return 0 along one stretch of ``axis`` for each sample, 1 elsewhere."""
    n, size = len(x), x.shape[axis]
    length = torch.randint(0, longest + 1, (n, 1), generator=random)
    start = (torch.rand(n, 1, generator=random) * (size - length + 1)).long()
    at = torch.arange(size)[None]
    kept = (at < start) | (at >= start + length)
    shape = [n, 1, 1, 1]
    shape[axis] = size
    return kept.reshape(shape).to(x.dtype)
