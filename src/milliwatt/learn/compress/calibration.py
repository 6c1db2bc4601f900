"""How the range of an activation is chosen from what calibration saw.

An int8 activation has 256 steps for its range, so the range is a trade: wide, and every number is
coarse; narrow, and the largest are cut off.

* `MIN_MAX`: nothing is cut off.
* `PERCENTILE`: one value in ten thousand may be, at either end.
* `MSE`: the range whose mean squared error, of rounding and cutting together, is least.

torchao has a `HistogramObserver` that looks for the last of these. Its search stops at the first
step that makes matters worse and takes seconds a network; the two observers here keep a sample
of the values instead, and so can try every range that is worth it in milliseconds.

Source of the choices: Krishnamoorthi, "Quantizing deep convolutional networks for efficient
inference" (2018); Nagel et al., "A white paper on neural network quantization" (2021), section 3.1.
"""

from collections.abc import Callable, Mapping
from enum import Enum

import torch
from torchao.quantization.pt2e import MinMaxObserver, PerChannelMinMaxObserver

KEPT = 1 << 18  # values of a tensor that are kept at most, from all batches together
KEPT_OF_BATCH = 1 << 14
CUT_OFF = 1e-4  # share of values that a percentile leaves outside, at either end
FRACTIONS = torch.linspace(1.0, 0.2, 81)  # of the full range: those that MSE tries


class Calibration(Enum):
    """How activation ranges are chosen."""

    MIN_MAX = "min_max"
    PERCENTILE = "percentile"
    MSE = "mse"


class SamplingObserver(MinMaxObserver):  # type: ignore[misc]
    """Keeps the extremes and evenly spaced values of every batch."""

    def __init__(self, **options: object) -> None:
        """Take what a `MinMaxObserver` takes."""
        super().__init__(**options)
        self._kept: list[torch.Tensor] = []

    def forward(self, x_orig: torch.Tensor) -> torch.Tensor:
        """Look at ``x_orig`` and return it."""
        seen: torch.Tensor = super().forward(x_orig)
        flat = x_orig.detach().reshape(-1)
        if sum(len(k) for k in self._kept) < KEPT:
            self._kept.append(flat[:: max(1, len(flat) // KEPT_OF_BATCH)].clone())
        return seen

    def calculate_qparams(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scale and zero point of the range that `_range` chooses."""
        low, high = self._range(torch.cat(self._kept)) if self._kept else self._extremes()
        found: tuple[torch.Tensor, torch.Tensor] = self._calculate_qparams(low, high)
        return found

    def _extremes(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.min_val, self.max_val

    def _range(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        raise NotImplementedError


class PercentileObserver(SamplingObserver):
    """Cuts `CUT_OFF` of the values off at either end."""

    def _range(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ordered = values.sort().values
        outside = int(len(ordered) * CUT_OFF)
        return ordered[outside], ordered[len(ordered) - 1 - outside]


class MseObserver(SamplingObserver):
    """Shrinks the range from both ends alike until the mean squared error grows again."""

    def _range(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        low, high = self._extremes()
        errors = []
        for fraction in FRACTIONS:
            scale, zero = self._calculate_qparams(low * fraction, high * fraction)
            steps = torch.round(values / scale) + zero
            back = (steps.clamp(self.quant_min, self.quant_max) - zero) * scale
            errors.append((back - values).square().mean())
        best = FRACTIONS[int(torch.stack(errors).argmin())]
        return low * best, high * best


class PerChannelMseObserver(PerChannelMinMaxObserver):  # type: ignore[misc]
    """Symmetric ranges of weights, for each channel the one of least mean squared error.

    Worth it where steps are few: at 4 bits the largest weight of a channel is often better cut.
    """

    def calculate_qparams(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a scale and a zero point (0) for each channel."""
        scale, zero = super().calculate_qparams()
        return scale * self._shrink(scale), zero

    def forward(self, x_orig: torch.Tensor) -> torch.Tensor:
        """Look at the weights ``[O, …]`` and return them."""
        self._weights = x_orig.detach().flatten(1)
        seen: torch.Tensor = super().forward(x_orig)
        return seen

    def _shrink(self, scale: torch.Tensor) -> torch.Tensor:
        errors = []
        for fraction in FRACTIONS:
            step = (scale * fraction)[:, None]
            back = torch.round(self._weights / step).clamp(self.quant_min, self.quant_max) * step
            errors.append((back - self._weights).square().sum(dim=1))
        return FRACTIONS[torch.stack(errors).argmin(dim=0)]


OBSERVERS: Mapping[Calibration, Callable[..., MinMaxObserver]] = {
    Calibration.MIN_MAX: MinMaxObserver,
    Calibration.PERCENTILE: PercentileObserver,
    Calibration.MSE: MseObserver,
}
