"""A depthwise separable network over time, for motion and other sensor features.

Frames are rows of an image one pixel wide, so every kernel is ``(taps, 1)``: the same operators,
and the same row-at-a-time execution, serve signals and images.

Source of the shape: depthwise separable blocks as in MobileNets (Howard et al., 2017) and the
keyword-spotting DS-CNN (Zhang et al., 2017), narrowed to a few thousand weights.
"""

from collections import OrderedDict

import torch
from torch import nn

from milliwatt.learn.architectures.layers import Shape, conv, separable
from milliwatt.learn.reproducible import reproducible


class Cnn1d(nn.Module):
    """One convolution, separable blocks of which each but the first halves the rows, mean."""

    def __init__(
        self, shape: Shape, classes: int, width: int, blocks: int, taps: int, dropout: float
    ) -> None:
        """Build the layers; ``width`` is the channel count of the first block."""
        super().__init__()
        kernel, pad = (taps, 1), (taps // 2, 0)
        self.stem = conv(shape[0], width, kernel, pad=pad)
        layers = OrderedDict[str, nn.Module]()
        channels = width
        for i in range(blocks):
            out = channels if i == 0 else min(2 * channels, 4 * width)
            stride = (1 if i == 0 else 2, 1)
            layers[f"block{i + 1}"] = separable(channels, out, kernel, stride=stride, pad=pad)
            channels = out
        self.body = nn.Sequential(layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, features, frames, 1]``."""
        x = self.body(self.stem(x))
        logits: torch.Tensor = self.classifier(self.dropout(torch.flatten(self.pool(x), 1)))
        return logits


def cnn_1d(
    *,
    shape: Shape,
    classes: int,
    seed: int,
    width: int = 24,
    blocks: int = 2,
    taps: int = 3,
    dropout: float = 0.2,
) -> nn.Module:
    """Return an untrained `Cnn1d`, in training mode, the same for the same arguments."""
    with reproducible(seed):
        return Cnn1d(shape, classes, width, blocks, taps, dropout)
