"""ResNet-8: three residual blocks of two convolutions, for images of about 32 by 32.

Source: He et al., "Deep Residual Learning for Image Recognition", 2016, in the small form of
MLPerf Tiny's image classification (Banbury et al., 2021).
"""

import torch
from torch import nn

from milliwatt.learn.architectures.layers import Pair, Shape, conv, scaled
from milliwatt.learn.reproducible import reproducible

CHANNELS = (16, 32, 64)


class ResidualBlock(nn.Module):
    """Two convolutions, around them a skip, with a pointwise convolution where shapes differ."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        """Take channels before and behind, and the stride of the first convolution."""
        super().__init__()
        step = (stride, stride)
        self.first = conv(channels, out, (3, 3), stride=step, pad=(1, 1))
        self.second = conv(out, out, (3, 3), pad=(1, 1), activation=None)
        self.skip: nn.Module = (
            nn.Identity()
            if channels == out and stride == 1
            else conv(channels, out, (1, 1), stride=step, activation=None)
        )
        self.act = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``[N, out, row, column]``."""
        result: torch.Tensor = self.act(self.second(self.first(x)) + self.skip(x))
        return result


class Resnet8(nn.Module):
    """A convolution, three residual blocks, the mean over the image, linear."""

    def __init__(
        self, shape: Shape, classes: int, width: float, stem_stride: Pair, dropout: float
    ) -> None:
        """Build the layers; ``width`` is a factor on all channel counts."""
        super().__init__()
        first, second, third = (scaled(c, width) for c in CHANNELS)
        self.body = nn.Sequential(
            conv(shape[0], first, (3, 3), stride=stem_stride, pad=(1, 1)),
            ResidualBlock(first, first, 1),
            ResidualBlock(first, second, 2),
            ResidualBlock(second, third, 2),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(third, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, channel, row, column]``."""
        x = torch.flatten(self.pool(self.body(x)), 1)
        logits: torch.Tensor = self.classifier(self.dropout(x))
        return logits


def resnet8(
    *,
    shape: Shape,
    classes: int,
    seed: int,
    width: float = 1.0,
    stem_stride: Pair = (1, 1),
    dropout: float = 0.0,
) -> nn.Module:
    """Return an untrained `Resnet8`, in training mode, the same for the same arguments.

    Args:
        shape: channels, rows and columns of the image.
        classes: how many logits.
        seed: of the weights.
        width: factor on all channel counts; above 1 it makes a teacher.
        stem_stride: steps of the first convolution, above 1 for images larger than 32 by 32.
        dropout: share of the last features that training drops.
    """
    with reproducible(seed):
        down, across = stem_stride
        return Resnet8(shape, classes, width, (down, across), dropout)
