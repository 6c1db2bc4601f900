"""A depthwise separable network over time, for motion features.

Frames are rows of an image one pixel wide, so every kernel is ``(taps, 1)``: the same operators,
and the same row-at-a-time execution, serve signals and images.

Source of the shape: depthwise separable blocks as in MobileNets (Howard et al., 2017) and the
keyword-spotting DS-CNN (Zhang et al., 2017), narrowed to a few thousand weights.
"""

from collections import OrderedDict

import torch
from torch import nn

from milliwatt.learn.reproducible import reproducible

TAPS = 3


class MotionCnn(nn.Module):
    """One convolution, two separable blocks (the second halves the rows), mean, linear."""

    def __init__(self, features: int, classes: int, width: int) -> None:
        """Build the layers; ``width`` is the channel count of the first block."""
        super().__init__()
        self.stem = _normalised(
            nn.Conv2d(features, width, (TAPS, 1), padding=(TAPS // 2, 0), bias=False)
        )
        self.block1 = _separable(width, width, stride=1)
        self.block2 = _separable(width, 2 * width, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(2 * width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, features, frames, 1]``."""
        x = self.block2(self.block1(self.stem(x)))
        logits: torch.Tensor = self.classifier(self.dropout(torch.flatten(self.pool(x), 1)))
        return logits


def motion_cnn(*, features: int, classes: int, seed: int, width: int = 24) -> nn.Module:
    """Return an untrained `MotionCnn`, in training mode, the same for the same arguments."""
    with reproducible(seed):
        return MotionCnn(features, classes, width)


def _normalised(conv: nn.Conv2d) -> nn.Sequential:
    """Convolution, batch normalisation (folded into it when quantised), ReLU."""
    layers = {"conv": conv, "norm": nn.BatchNorm2d(conv.out_channels), "relu": nn.ReLU()}
    return nn.Sequential(OrderedDict(layers))


def _separable(channels: int, out: int, *, stride: int) -> nn.Sequential:
    depthwise = nn.Conv2d(
        channels,
        channels,
        (TAPS, 1),
        stride=(stride, 1),
        padding=(TAPS // 2, 0),
        groups=channels,
        bias=False,
    )
    pointwise = nn.Conv2d(channels, out, 1, bias=False)
    halves = {"depthwise": _normalised(depthwise), "pointwise": _normalised(pointwise)}
    return nn.Sequential(OrderedDict(halves))
