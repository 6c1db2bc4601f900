"""MobileNetV1: depthwise separable convolutions, narrowed by a width multiplier.

Source: Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications", 2017, table 1.
"""

import torch
from torch import nn

from milliwatt.learn.architectures.layers import Shape, conv, scaled, separable
from milliwatt.learn.reproducible import reproducible

STEM = 32
LAYERS = (  # channels at width 1, stride
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *(((512, 1),) * 5),
    (1024, 2),
    (1024, 1),
)


class MobilenetV1(nn.Module):
    """A convolution, separable convolutions, the mean over the image, linear."""

    def __init__(
        self, shape: Shape, classes: int, width: float, layers: int, dropout: float
    ) -> None:
        """Build the first ``layers`` separable convolutions of the paper's 13."""
        super().__init__()
        channels = scaled(STEM, width)
        stages: list[nn.Module] = [conv(shape[0], channels, (3, 3), stride=(2, 2), pad=(1, 1))]
        for wanted, stride in LAYERS[:layers]:
            out = scaled(wanted, width)
            stages.append(separable(channels, out, (3, 3), stride=(stride, stride), pad=(1, 1)))
            channels = out
        self.body = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, channel, row, column]``."""
        x = torch.flatten(self.pool(self.body(x)), 1)
        logits: torch.Tensor = self.classifier(self.dropout(x))
        return logits


def mobilenet_v1(
    *,
    shape: Shape,
    classes: int,
    seed: int,
    width: float = 0.25,
    layers: int = len(LAYERS),
    dropout: float = 0.1,
) -> nn.Module:
    """Return an untrained `MobilenetV1`, in training mode, the same for the same arguments.

    Args:
        shape: channels, rows and columns of the image.
        classes: how many logits.
        seed: of the weights.
        width: factor on all channel counts, 0.1 to 1.
        layers: separable convolutions, 1 to 13; fewer suit small images.
        dropout: share of the last features that training drops.
    """
    with reproducible(seed):
        return MobilenetV1(shape, classes, width, layers, dropout)
