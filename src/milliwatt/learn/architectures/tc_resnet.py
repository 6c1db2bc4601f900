"""A residual network over time whose channels are the features; it streams.

The first layer mixes all features of a frame, so every later one is a few taps of narrow rows:
little work, few rows kept. Nothing is padded along time and the mean is a window, so results
slide over an endless signal; skips leave out the rows that their branch has used up.

Source of the shape: Choi et al., "Temporal Convolution for Real-time Keyword Spotting on Mobile
Devices", 2019 (TC-ResNet), without its padding.
"""

from collections.abc import Sequence

import torch
from torch import nn

from milliwatt.errors import InputError
from milliwatt.learn.architectures.layers import Crop, RowMean, Shape, conv, output_shape
from milliwatt.learn.reproducible import reproducible


class TemporalBlock(nn.Module):
    """Two convolutions over time, around them a skip of one tap."""

    def __init__(self, channels: int, out: int, taps: int, stride: int) -> None:
        """Take odd ``taps``; ``stride`` is of the first convolution."""
        super().__init__()
        half = taps // 2
        self.first = conv(channels, out, (taps, 1), stride=(stride, 1))
        self.second = conv(out, out, (taps, 1), activation=None)
        # the branch's row i is centred on input row i * stride + half + half * stride
        ahead = half + half * stride
        shorter = Crop(ahead, ahead, stride)
        if channels == out and stride == 1:
            self.skip = nn.Sequential(shorter)
        else:
            self.skip = nn.Sequential(shorter, conv(channels, out, (1, 1)))
        self.act = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``[N, out, rows, 1]``."""
        y = self.second(self.first(x))
        result: torch.Tensor = self.act(y + self.skip(x)[:, :, : y.shape[2]])
        return result


class TcResnet(nn.Module):
    """A convolution, temporal blocks, the mean over time, linear."""

    def __init__(
        self,
        shape: Shape,
        classes: int,
        channels: Sequence[int],
        strides: Sequence[int],
        taps: int,
        dropout: float,
    ) -> None:
        """Build the layers for one input shape."""
        super().__init__()
        self.stem = conv(shape[0], channels[0], (3, 1))
        pairs = zip(channels[:-1], channels[1:], strides, strict=True)
        self.blocks = nn.Sequential(*(TemporalBlock(i, o, taps, s) for i, o, s in pairs))
        _, rows, _ = output_shape(nn.Sequential(self.stem, self.blocks), shape)
        self.mean = RowMean(rows)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels[-1], classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, feature, frame, 1]``."""
        x = self.mean(self.blocks(self.stem(x)))
        logits: torch.Tensor = self.classifier(self.dropout(torch.flatten(x, 1)))
        return logits


def tc_resnet(
    *,
    shape: Shape,
    classes: int,
    seed: int,
    channels: Sequence[int] = (24, 32, 40),
    strides: Sequence[int] = (2, 1),
    taps: int = 5,
    dropout: float = 0.2,
) -> nn.Module:
    """Return an untrained `TcResnet`, in training mode, the same for the same arguments.

    Args:
        shape: features as channels, frames as rows, width 1.
        classes: how many logits.
        seed: of the weights.
        channels: of the first convolution, then of each block.
        strides: of each block, along time.
        taps: of the blocks' convolutions, odd.
        dropout: share of the last features that training drops.

    Raises:
        InputError: options that do not go together, or an input that is too short.
    """
    if len(channels) != len(strides) + 1 or taps % 2 == 0 or shape[2] != 1:
        raise InputError(
            f"tc_resnet with channels {list(channels)}, strides {list(strides)}, {taps} taps on "
            f"width {shape[2]}; wanted one more channel count than strides, odd taps, width 1 "
            "(features as channels)"
        )
    with reproducible(seed):
        return TcResnet(shape, classes, channels, strides, taps, dropout)
