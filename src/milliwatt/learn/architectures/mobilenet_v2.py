"""MobileNetV2: inverted residuals with linear bottlenecks, narrowed by a width multiplier.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, table 2.
"""

from collections.abc import Sequence

import torch
from torch import nn

from milliwatt.learn.architectures.layers import Shape, conv, scaled
from milliwatt.learn.reproducible import reproducible

STEM = 32
STAGES = (  # expansion, channels at width 1, blocks, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
TOP = 1280


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project without activation; a skip where shapes agree."""

    def __init__(self, channels: int, out: int, stride: int, expansion: int) -> None:
        """Take channels before and behind; ``expansion`` 1 leaves the first step out."""
        super().__init__()
        inner = channels * expansion
        layers = [] if expansion == 1 else [conv(channels, inner, (1, 1), activation=nn.ReLU6)]
        self.branch = nn.Sequential(
            *layers,
            conv(
                inner,
                inner,
                (3, 3),
                stride=(stride, stride),
                pad=(1, 1),
                depthwise=True,
                activation=nn.ReLU6,
            ),
            conv(inner, out, (1, 1), activation=None),
        )
        self.skips = stride == 1 and channels == out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``[N, out, row, column]``."""
        y: torch.Tensor = self.branch(x)
        return x + y if self.skips else y


class MobilenetV2(nn.Module):
    """A convolution, inverted residuals, a wide pointwise convolution, mean, linear."""

    def __init__(
        self,
        shape: Shape,
        classes: int,
        width: float,
        stages: Sequence[tuple[int, int, int, int]],
        top: int,
        dropout: float,
    ) -> None:
        """Build the stages, each given as in the paper's table."""
        super().__init__()
        channels = scaled(STEM, width)
        layers: list[nn.Module] = [
            conv(shape[0], channels, (3, 3), stride=(2, 2), pad=(1, 1), activation=nn.ReLU6)
        ]
        for expansion, wanted, blocks, stride in stages:
            out = scaled(wanted, width)
            for i in range(blocks):
                first = stride if i == 0 else 1
                layers.append(InvertedResidual(channels, out, first, expansion))
                channels = out
        layers.append(conv(channels, top, (1, 1), activation=nn.ReLU6))
        self.body = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(top, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, channel, row, column]``."""
        x = torch.flatten(self.pool(self.body(x)), 1)
        logits: torch.Tensor = self.classifier(self.dropout(x))
        return logits


def mobilenet_v2(
    *,
    shape: Shape,
    classes: int,
    seed: int,
    width: float = 0.25,
    stages: Sequence[tuple[int, int, int, int]] = STAGES,
    top: int | None = None,
    dropout: float = 0.1,
) -> nn.Module:
    """Return an untrained `MobilenetV2`, in training mode, the same for the same arguments.

    Args:
        shape: channels, rows and columns of the image.
        classes: how many logits.
        seed: of the weights.
        width: factor on all channel counts, 0.1 to 1.
        stages: expansion, channels at width 1, blocks and stride of the first, for each.
        top: channels before the mean; None for 1280 times the width, which the paper narrows
            only above 1 but a microcontroller has no room for.
        dropout: share of the last features that training drops.
    """
    top = scaled(TOP, width) if top is None else top
    with reproducible(seed):
        return MobilenetV2(shape, classes, width, stages, top, dropout)
