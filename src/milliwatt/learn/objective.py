"""What training minimises, and what it may do to a batch before: the plugs of the loop.

A loss is any callable ``(outputs, batch) -> mean loss``; it sees the whole batch, so that a
distillation loss can ask a teacher about the inputs, and an autoencoder's can ignore labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one step of training sees.

    Attributes:
        rows: int64 ``[n]``, where the samples lie in the arrays given to `train`.
        x: float32 ``[n, …]``, what the network takes.
        y: int64 ``[n]`` class indices, or float32 ``[n, …]``: shares of classes that sum to 1,
            or whatever the loss compares with.
    """

    rows: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor


Loss = Callable[[torch.Tensor, Batch], torch.Tensor]
"""From the network's outputs ``[n, …]`` and the batch to a mean loss."""

BatchHook = Callable[[Batch, torch.Generator], Batch]
"""Changes a batch before the network sees it; draws from the generator and nowhere else."""

EpochInputs = Callable[[int, torch.Generator], torch.Tensor]
"""Gives the inputs ``[N, …]`` of an epoch, numbered from 1, in the order of the labels."""


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """Cross-entropy of logits ``[n, class]`` with class indices or shares of classes.

    Attributes:
        label_smoothing: share of each label that is spread over all classes.
        class_weights: what a sample of each class counts; empty for the same.
    """

    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] = ()

    def __call__(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the mean over the batch, weighted where weights are given."""
        weight = torch.tensor(self.class_weights) if self.class_weights else None
        return nn.functional.cross_entropy(
            outputs, batch.y, weight=weight, label_smoothing=self.label_smoothing
        )


def mean_squared_error(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the mean square of ``outputs - batch.x``: how an autoencoder fails to reconstruct."""
    return nn.functional.mse_loss(outputs, batch.x.reshape(outputs.shape))


def balanced_weights(y: torch.Tensor, classes: int) -> tuple[float, ...]:
    """Return weights under which every class that occurs counts the same, 1 on average.

    Args:
        y: int64 ``[N]``, class indices.
        classes: how many there are.
    """
    counts = torch.bincount(y, minlength=classes).double()
    present = int((counts > 0).sum())
    return tuple(float(len(y) / (present * c)) if c else 0.0 for c in counts)


def chained(hooks: Sequence[BatchHook]) -> BatchHook:
    """Return one hook that applies ``hooks`` in order."""

    def apply(batch: Batch, random: torch.Generator) -> Batch:
        for hook in hooks:
            batch = hook(batch, random)
        return batch

    return apply
