"""Building blocks that several architectures share: convolution, normalisation, activation.

Batch normalisation folds into the convolution before it when the network is quantised, and the
activation becomes the convolution's bounds, so each block here is one operator on a device.
Padding along rows is a choice: with none, results slide over an endless signal
(`milliwatt compile --push`).
"""

from collections import OrderedDict

import torch
from torch import nn

from milliwatt.errors import InputError

Pair = tuple[int, int]
Shape = tuple[int, int, int]  # channels, rows, width: PyTorch's order without the batch


class Crop(nn.Module):
    """Leave out rows at both ends, as a convolution without padding beside it does."""

    def __init__(self, first: int, last: int, stride: int = 1) -> None:
        """Drop ``first`` rows, then keep every ``stride``-th, then drop ``last`` of the rest."""
        super().__init__()
        self.first, self.last, self.stride = first, last, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return fewer rows of ``[N, channel, row, width]``."""
        return x[:, :, self.first : x.shape[2] - self.last : self.stride]


class RowMean(nn.Module):
    """Average all rows by a window as high as they are, so that it slides where they do."""

    def __init__(self, rows: int, width: int = 1) -> None:
        """Average windows of ``rows`` by ``width``."""
        super().__init__()
        self.pool = nn.AvgPool2d((rows, width), stride=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``[N, channel, 1, 1]`` of ``[N, channel, rows, width]``."""
        mean: torch.Tensor = self.pool(x)
        return mean


def conv(
    channels: int,
    out: int,
    kernel: Pair,
    *,
    stride: Pair = (1, 1),
    pad: Pair = (0, 0),
    depthwise: bool = False,
    activation: type[nn.Module] | None = nn.ReLU,
) -> nn.Sequential:
    """Return convolution, batch normalisation and ``activation`` (None for none)."""
    groups = channels if depthwise else 1
    layers: dict[str, nn.Module] = {
        "conv": nn.Conv2d(channels, out, kernel, stride, pad, groups=groups, bias=False),
        "norm": nn.BatchNorm2d(out),
    }
    if activation is not None:
        layers["act"] = activation()
    return nn.Sequential(OrderedDict(layers))


def separable(
    channels: int,
    out: int,
    kernel: Pair,
    *,
    stride: Pair = (1, 1),
    pad: Pair = (0, 0),
    activation: type[nn.Module] | None = nn.ReLU,
) -> nn.Sequential:
    """Return a depthwise convolution, then a pointwise one that ends in ``activation``."""
    halves = {
        "depthwise": conv(channels, channels, kernel, stride=stride, pad=pad, depthwise=True),
        "pointwise": conv(channels, out, (1, 1), activation=activation),
    }
    return nn.Sequential(OrderedDict(halves))


def same(kernel: Pair) -> Pair:
    """Return the padding that keeps rows and width at stride 1, for odd kernels."""
    return kernel[0] // 2, kernel[1] // 2


def fit(kernel: Pair, shape: Pair) -> Pair:
    """Return ``kernel``, no wider than 1 where the map is 1 wide: a signal, not an image."""
    return kernel[0], kernel[1] if shape[1] > 1 else 1


def output_shape(layers: nn.Module, shape: Shape) -> Shape:
    """Return the shape behind ``layers``, found by running them on zeros.

    Raises:
        InputError: the input is too small for a kernel.
    """
    training = layers.training
    layers.eval()
    try:
        with torch.no_grad():
            _, channels, rows, width = layers(torch.zeros(1, *shape)).shape
    except RuntimeError as error:
        raise InputError(
            f"inputs of {shape[1]} rows by {shape[2]} are too small for this architecture "
            f"({error}); make the window longer, or ask for fewer layers or strides"
        ) from None
    layers.train(training)
    return channels, rows, width


def scaled(channels: int, width: float, *, divisor: int = 4, least: int = 4) -> int:
    """Return ``channels * width`` as a multiple of ``divisor``, which suits 4-lane kernels.

    Never more than a tenth below what was asked for.

    Source: the rounding rule of MobileNet's published code.
    """
    wanted = channels * width
    rounded = max(least, int(wanted + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * wanted else rounded
