"""A depthwise separable network over time and frequency, for spectrograms; it can stream.

Convolutions along frequency share weights between pitches, which few recordings of few speakers
need most. With ``streams`` nothing is padded along time and the mean is a window, so results
slide over an endless signal; skips then leave out the rows that their branch has used up.

Source of the shape: Zhang et al., "Hello Edge: Keyword Spotting on Microcontrollers", 2017
(DS-CNN), with the residual connections of MobileNetV2 (Sandler et al., 2018).
"""

from collections.abc import Sequence

import torch
from torch import nn

from milliwatt.learn.architectures.layers import (
    Crop,
    Pair,
    RowMean,
    Shape,
    conv,
    fit,
    output_shape,
    same,
    separable,
)
from milliwatt.learn.reproducible import reproducible

KERNEL = (3, 3)
BLOCKS = ((40, 1, 2), (40, 1, 1), (64, 2, 2), (64, 1, 1), (64, 1, 1))


class SeparableBlock(nn.Module):
    """Depthwise, pointwise, ReLU; around them a skip where nothing changes shape."""

    def __init__(
        self, channels: int, out: int, stride: Pair, kernel: Pair, *, streams: bool
    ) -> None:
        """Take the branch's shape; ``streams`` for no padding along rows."""
        super().__init__()
        down, across = same(kernel)
        self.skips = channels == out and stride == (1, 1)
        self.branch = separable(
            channels,
            out,
            kernel,
            stride=stride,
            pad=(0 if streams else down, across),
            activation=None if self.skips else nn.ReLU,
        )
        self.skip = Crop(down, down) if streams else nn.Identity()
        self.act = nn.ReLU() if self.skips else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``[N, out, rows, width]``."""
        y = self.branch(x)
        if not self.skips:
            result: torch.Tensor = y
        else:
            result = self.act(y + self.skip(x))
        return result


class DsCnn(nn.Module):
    """A convolution, separable blocks, one mixing of all frequencies, the mean over time."""

    def __init__(  # noqa: PLR0913
        self,
        shape: Shape,
        classes: int,
        *,
        stem: int,
        stem_kernel: Pair,
        stem_stride: Pair,
        blocks: Sequence[tuple[int, int, int]],
        top: int,
        streams: bool,
        dropout: float,
    ) -> None:
        """Build the layers for one input shape."""
        super().__init__()
        kernel = fit(stem_kernel, shape[1:])
        down, across = same(kernel)
        pad = (0 if streams else down, across)
        stem_stride = fit(stem_stride, shape[1:])
        layers: list[nn.Module] = [conv(shape[0], stem, kernel, stride=stem_stride, pad=pad)]
        channels = stem
        for out, down_stride, across_stride in blocks:
            inner = fit(KERNEL, shape[1:])
            stride = fit((down_stride, across_stride), shape[1:])
            layers.append(SeparableBlock(channels, out, stride, inner, streams=streams))
            channels = out
        self.body = nn.Sequential(*layers)
        _, rows, width = output_shape(self.body, shape)
        self.across = separable(channels, top, (1, width))
        self.mean = RowMean(rows)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(top, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, channel, frame, band]``."""
        x = self.mean(self.across(self.body(x)))
        logits: torch.Tensor = self.classifier(self.dropout(torch.flatten(x, 1)))
        return logits


def ds_cnn(  # noqa: PLR0913
    *,
    shape: Shape,
    classes: int,
    seed: int,
    stem: int = 24,
    stem_kernel: Pair = (5, 5),
    stem_stride: Pair = (2, 2),
    blocks: Sequence[tuple[int, int, int]] = BLOCKS,
    top: int = 64,
    streams: bool = True,
    dropout: float = 0.2,
) -> nn.Module:
    """Return an untrained `DsCnn`, in training mode, the same for the same arguments.

    Args:
        shape: channels, frames and bands; where there is one band, kernels are ``(taps, 1)``.
        classes: how many logits.
        seed: of the weights.
        stem: channels of the first convolution.
        stem_kernel: its taps along time and bands, odd.
        stem_stride: its steps along time and bands.
        blocks: of each separable block its channels, its step along time and along bands.
        top: channels behind the mixing of all bands.
        streams: nothing is padded along time, so that windows slide.
        dropout: share of the last features that training drops.

    Raises:
        InputError: the input is too small for so many layers.
    """
    with reproducible(seed):
        return DsCnn(
            shape,
            classes,
            stem=stem,
            stem_kernel=(stem_kernel[0], stem_kernel[1]),
            stem_stride=(stem_stride[0], stem_stride[1]),
            blocks=[(int(o), int(d), int(a)) for o, d, a in blocks],
            top=top,
            streams=streams,
            dropout=dropout,
        )
