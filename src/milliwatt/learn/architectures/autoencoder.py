"""An autoencoder of linear layers: what it cannot give back was not among what it learned from.

The mean square of the difference between input and output is the anomaly score.

Source of the shape: the baseline of DCASE 2020 task 2 (Koizumi et al., 2020), narrowed.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from milliwatt.learn.architectures.layers import Shape
from milliwatt.learn.reproducible import reproducible


class Autoencoder(nn.Module):
    """Linear layers down to a code, and up again."""

    def __init__(self, shape: Shape, hidden: Sequence[int], code: int) -> None:
        """Build the layers; ``hidden`` are the sizes on the way down, reversed on the way up."""
        super().__init__()
        self.shape = shape
        sizes = [math.prod(shape), *hidden, code, *reversed(hidden)]
        layers: list[nn.Module] = []
        for size, out in pairwise(sizes):
            layers += [nn.Linear(size, out), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.Linear(sizes[-1], sizes[0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``[N, channel, row, width]``, as the input should be."""
        y: torch.Tensor = self.body(torch.flatten(x, 1))
        return y.reshape(-1, *self.shape)


def autoencoder(
    *,
    shape: Shape,
    classes: int = 0,
    seed: int,
    hidden: Sequence[int] = (64, 32),
    code: int = 8,
) -> nn.Module:
    """Return an untrained `Autoencoder`, in training mode, the same for the same arguments.

    Train it with `mean_squared_error`. ``classes`` is taken as all architectures take it, and
    means nothing here.
    """
    del classes
    with reproducible(seed):
        return Autoencoder(shape, hidden, code)
