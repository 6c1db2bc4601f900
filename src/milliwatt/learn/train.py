"""Training by gradient descent, small and reproducible."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from milliwatt.errors import InputError
from milliwatt.learn.reproducible import reproducible

BATCH = 32
PEAK_RATE = 5e-3
WEIGHT_DECAY = 1e-3
LABEL_SMOOTHING = 0.05


@dataclass(frozen=True, slots=True)
class Epoch:
    """How training stood after one pass over the data.

    Attributes:
        number: from 1.
        loss: mean cross-entropy over the pass.
        accuracy: share of right predictions during the pass, 0 to 1, dropout included.
    """

    number: int
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Patience:
    """When to stop early: ``epochs`` passes without the loss falling by a share of ``gain``."""

    epochs: int = 10
    gain: float = 0.01


def train(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    epochs: int,
    seed: int,
    patience: Patience | None = None,
    progress: Callable[[Epoch], None] = lambda _: None,
) -> tuple[Epoch, ...]:
    """Fit ``model`` in place and leave it in evaluation mode.

    Args:
        model: from float32 ``[N, …]`` to logits ``[N, class]``.
        x: float32 ``[N, …]``.
        y: int64 ``[N]``, class indices.
        epochs: passes over the data at most; the learning rate is planned for all of them.
        seed: of the order of samples and of dropout.
        patience: when to stop earlier; None for never.
        progress: told of each epoch as it ends.

    Returns:
        The epochs that were run. Same arguments, same weights and same numbers on one machine.

    Raises:
        InputError: no data, ``x`` and ``y`` differ in length, or the loss stopped being finite.
    """
    if len(x) != len(y) or not len(x) or epochs < 1:
        raise InputError(
            f"{len(x)} inputs, {len(y)} labels, {epochs} epochs; wanted as many labels as "
            "inputs, and at least one of each"
        )
    history: list[Epoch] = []
    with reproducible(seed):
        optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
        for number in range(1, epochs + 1):
            model.train()
            epoch = _pass(model, x, y, optimizer, number)
            schedule.step()
            history.append(epoch)
            progress(epoch)
            if patience and _stalled([e.loss for e in history], patience):
                break
    model.eval()
    return tuple(history)


def logits(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return float32 ``[N, class]``, the model's outputs without gradients."""
    with torch.no_grad(), reproducible(0):
        scores: torch.Tensor = model(x)
    return scores


def _pass(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    optimizer: torch.optim.Optimizer,
    number: int,
) -> Epoch:
    total, right = 0.0, 0
    for chosen in torch.split(torch.randperm(len(x)), BATCH):
        if len(chosen) == 1 and len(x) > 1:
            continue  # batch normalisation has no variance to measure in a batch of one
        scores = model(x[chosen])
        loss = nn.functional.cross_entropy(scores, y[chosen], label_smoothing=LABEL_SMOOTHING)
        if not torch.isfinite(loss):
            raise InputError(f"epoch {number}: the loss is {loss.item()}; are the inputs scaled?")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total += loss.item() * len(chosen)
        right += int((scores.argmax(1) == y[chosen]).sum())
    return Epoch(number, total / len(x), right / len(x))


def _stalled(losses: list[float], patience: Patience) -> bool:
    if len(losses) <= patience.epochs:
        return False
    before, lately = losses[: -patience.epochs], losses[-patience.epochs :]
    return min(lately) > min(before) * (1 - patience.gain)
