"""A tiny attention encoder: every frame looks at all others. It does not stream.

Attention is written in elementwise products and means, which are operators of a graph, since a
product of two activation matrices is none: the score of two frames is the mean over features of
query times key, and what a frame gathers is the mean over frames of weight times value. Both are
the usual sums up to a constant, which the weights before and behind take up. Work and memory grow
with the square of the frames, so a first convolution thins them out.

Source: Vaswani et al., "Attention Is All You Need", 2017, one head a block; Berg et al., "Keyword
Transformer", 2021. Position comes from the first convolution's padding, as there is no table.
"""

import torch
from torch import nn

from milliwatt.learn.architectures.layers import Shape, conv
from milliwatt.learn.reproducible import reproducible


class AttentionBlock(nn.Module):
    """One head of attention, then two pointwise layers, each with a skip."""

    def __init__(self, width: int, expansion: int) -> None:
        """Take the features of a frame and how many times more the pointwise layers have."""
        super().__init__()
        # no activation: these are the linear maps; normalisation keeps their int8 ranges equal
        self.query, self.key, self.value, self.mixed = (
            conv(width, width, (1, 1), activation=None) for _ in range(4)
        )
        self.pointwise = nn.Sequential(
            conv(width, width * expansion, (1, 1)),
            conv(width * expansion, width, (1, 1), activation=None),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``[N, width, frames, 1]``."""
        query, key, value = self.query(x), self.key(x), self.value(x)
        scores = (query * key.transpose(2, 3)).mean(1, keepdim=True)  # [N, 1, frame, other]
        weights = torch.softmax(scores, 3)
        gathered = (weights * value.transpose(2, 3)).mean(3, keepdim=True)
        x = x + self.mixed(gathered)
        result: torch.Tensor = x + self.pointwise(x)
        return result


class AttentionEncoder(nn.Module):
    """A strided convolution, attention blocks, the mean over time, linear."""

    def __init__(
        self, shape: Shape, classes: int, width: int, blocks: int, stride: int, dropout: float
    ) -> None:
        """Build the layers."""
        super().__init__()
        self.stem = conv(shape[0], width, (3, 1), stride=(stride, 1), pad=(1, 0))
        self.blocks = nn.Sequential(*(AttentionBlock(width, 2) for _ in range(blocks)))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, feature, frame, 1]``."""
        x = torch.flatten(self.pool(self.blocks(self.stem(x))), 1)
        logits: torch.Tensor = self.classifier(self.dropout(x))
        return logits


def attention(
    *,
    shape: Shape,
    classes: int,
    seed: int,
    width: int = 16,
    blocks: int = 1,
    stride: int = 2,
    dropout: float = 0.1,
) -> nn.Module:
    """Return an untrained `AttentionEncoder`, in training mode, the same for the same arguments.

    Args:
        shape: features as channels, frames as rows, width 1.
        classes: how many logits.
        seed: of the weights.
        width: features of a frame inside.
        blocks: attention blocks.
        stride: of the first convolution; how many frames become one.
        dropout: share of the last features that training drops.
    """
    with reproducible(seed):
        return AttentionEncoder(shape, classes, width, blocks, stride, dropout)
