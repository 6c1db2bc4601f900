"""A small gated recurrent unit over a few frames, written out frame by frame.

A graph has no loops, so each frame has layers of its own: flash for the recurrent weights grows
with the frames, and results do not slide. Some ten frames are its place; a first convolution
thins longer signals out. What reads the input is one pointwise convolution for all frames.

    z = sigmoid(Wz x + Uz h),  r = sigmoid(Wr x + Ur h),  n = tanh(Wn x + r * Un h)
    h' = n + z * (h - n)

Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014, with the
reset gate behind the product as cuDNN and PyTorch have it.
"""

import torch
from torch import nn

from milliwatt.errors import InputError
from milliwatt.learn.architectures.layers import Shape, conv, output_shape
from milliwatt.learn.reproducible import reproducible

MOST_FRAMES = 32


class Gru(nn.Module):
    """A strided convolution, the recurrence, linear on its last state."""

    def __init__(
        self, shape: Shape, classes: int, width: int, hidden: int, stride: int, dropout: float
    ) -> None:
        """Build the layers; ``hidden`` is the size of the state."""
        super().__init__()
        self.stem = conv(shape[0], width, (3, 1), stride=(stride, 1))
        _, self.frames, _ = output_shape(self.stem, shape)
        if self.frames > MOST_FRAMES:
            raise InputError(
                f"a recurrence over {self.frames} frames is {self.frames} times its layers; "
                f"wanted at most {MOST_FRAMES}: take a larger stride than {stride}"
            )
        self.hidden = hidden
        self.update_x, self.reset_x, self.new_x = (nn.Conv2d(width, hidden, 1) for _ in range(3))
        # no bias: one bias for states of different scales has no integers that are right for all
        self.update_h, self.reset_h, self.new_h = (
            nn.Linear(hidden, hidden, bias=False) for _ in range(3)
        )
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits ``[N, classes]`` of ``[N, feature, frame, 1]``."""
        x = self.stem(x)
        update, reset, new = self.update_x(x), self.reset_x(x), self.new_x(x)
        # the state before the first frame is 0, which leaves these terms out
        state = torch.tanh(_frame(new, 0))
        state = state - torch.sigmoid(_frame(update, 0)) * state
        for i in range(1, self.frames):
            z = torch.sigmoid(_frame(update, i) + self.update_h(state))
            r = torch.sigmoid(_frame(reset, i) + self.reset_h(state))
            n = torch.tanh(_frame(new, i) + r * self.new_h(state))
            state = n + z * (state - n)
        logits: torch.Tensor = self.classifier(self.dropout(state))
        return logits


def gru(
    *,
    shape: Shape,
    classes: int,
    seed: int,
    width: int = 16,
    hidden: int = 16,
    stride: int = 2,
    dropout: float = 0.1,
) -> nn.Module:
    """Return an untrained `Gru`, in training mode, the same for the same arguments.

    Args:
        shape: features as channels, frames as rows, width 1.
        classes: how many logits.
        seed: of the weights.
        width: channels of the first convolution.
        hidden: size of the state.
        stride: of the first convolution; how many frames become one.
        dropout: share of the last state that training drops.

    Raises:
        InputError: more than 32 frames are left to recur over.
    """
    with reproducible(seed):
        return Gru(shape, classes, width, hidden, stride, dropout)


def _frame(x: torch.Tensor, i: int) -> torch.Tensor:
    """Return frame ``i`` of ``[N, feature, frame, 1]`` as ``[N, feature]``."""
    return torch.flatten(x[:, :, i : i + 1], 1)
