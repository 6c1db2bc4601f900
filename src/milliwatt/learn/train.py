"""Training by gradient descent, small and reproducible.

One loop serves plain training, quantisation-aware training, pruning and distillation: the loss,
what happens to a batch, and which parameters learn how fast are arguments. All chance of an
epoch comes from the seed and the epoch's number, so a run can be cut anywhere and resumed.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from milliwatt.errors import InputError
from milliwatt.learn.checkpoint import State, fingerprint, load, save
from milliwatt.learn.objective import Batch, BatchHook, CrossEntropy, EpochInputs, Loss
from milliwatt.learn.reproducible import reproducible
from milliwatt.learn.schedule import rate_factor

Pair = tuple[torch.Tensor, torch.Tensor]
Groups = Sequence[Mapping[str, Any]]  # as torch.optim takes them
SCORED_AT_ONCE = 256  # samples; bounds the memory that scoring takes


@dataclass(frozen=True, slots=True)
class Recipe:
    """How fast and how strictly a network learns.

    Attributes:
        batch: samples a step.
        peak_rate: the highest learning rate; it falls to 0 along a cosine.
        warm_up: share of all steps in which the rate rises to its peak, 0 to below 1.
        weight_decay: of AdamW.
        label_smoothing: share of each label that is spread over all classes.
        average: decay a step of the running average of weights that is kept in place of the
            last ones, such as 0.99; 0 for none.
    """

    batch: int = 32
    peak_rate: float = 5e-3
    warm_up: float = 0.0
    weight_decay: float = 1e-3
    label_smoothing: float = 0.05
    average: float = 0.0


@dataclass(frozen=True, slots=True)
class Epoch:
    """How training stood after one pass over the data.

    Attributes:
        number: from 1.
        loss: mean loss over the pass.
        accuracy: share of right predictions during the pass, 0 to 1, dropout and whatever the
            batch hook does included; None where labels are no class indices.
        validation_loss: mean loss on the validation side, None without one.
        validation_accuracy: share of right predictions there, None as above.
    """

    number: int
    loss: float
    accuracy: float | None
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """When to stop early: ``epochs`` passes without the loss falling by a share of ``gain``.

    The loss is that of the validation side where there is one, else that of training.
    """

    epochs: int = 10
    gain: float = 0.01


@dataclass(frozen=True, slots=True)
class Hooks:
    """What happens beside the descent; each is optional.

    Attributes:
        inputs: gives an epoch's inputs in place of ``x``: fresh augmentation.
        batch: changes a batch before the network sees it: masks, mixtures.
        epoch: called with the epoch's number and the model before it begins, such as to freeze
            observers.
        step: called with the model after each step, such as to hold pruned weights at 0.
    """

    inputs: EpochInputs | None = None
    batch: BatchHook | None = None
    epoch: Callable[[int, nn.Module], None] | None = None
    step: Callable[[nn.Module], None] | None = None


def train(  # noqa: PLR0913  (all by name; a recipe holds the plain numbers)
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    epochs: int,
    seed: int,
    recipe: Recipe | None = None,
    class_weights: tuple[float, ...] = (),
    validation: Pair | None = None,
    patience: Patience | None = None,
    loss: Loss | None = None,
    hooks: Hooks | None = None,
    parameters: Groups | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: Callable[[Epoch], None] = lambda _: None,
) -> tuple[Epoch, ...]:
    """Fit ``model`` in place and leave it in evaluation mode.

    Args:
        model: from float32 ``[N, …]`` to logits ``[N, class]``, or to what ``loss`` takes.
        x: float32 ``[N, …]``.
        y: int64 ``[N]``, class indices; or float32 ``[N, …]``, what ``loss`` compares with.
        epochs: passes over the data at most; the learning rate is planned for all of them.
        seed: of the order of samples, of dropout and of what the hooks draw.
        recipe: rates and strengths; the default suits a few hundred to thousands of samples.
        class_weights: what a sample of each class counts, for the default loss; see
            `balanced_weights`.
        validation: inputs and labels that are not learned from. Where given, the weights of the
            epoch with the lowest validation loss are kept.
        patience: when to stop earlier; None for never.
        loss: None for cross-entropy with the recipe's label smoothing.
        hooks: augmentation and the like.
        parameters: groups as torch.optim takes them, each with a rate (``lr``) of its own if it
            has one; None for all parameters at the recipe's rate.
        checkpoint: a file that holds the state after each epoch.
        resume: go on from ``checkpoint`` where it exists. The weights and the history are then
            bit by bit those of a run that was never cut.
        progress: told of each epoch as it ends, those before a cut included.

    Returns:
        The epochs that were run. Same arguments, same weights and same numbers on one machine.

    Raises:
        InputError: no data, lengths that differ, a loss that stopped being finite, or a
            checkpoint of another training.
        BadFile: the checkpoint is damaged.
    """
    recipe = recipe or Recipe()
    _check(x, y, epochs, validation)
    if loss is not None and class_weights:
        raise InputError("class_weights belong to the default loss; give the loss its own")
    run = _Run(
        model,
        x,
        y,
        epochs,
        seed,
        recipe,
        loss or CrossEntropy(recipe.label_smoothing, class_weights),
        hooks or Hooks(),
        validation,
    )
    with reproducible(seed):
        run.prepare(parameters)
        task = "" if checkpoint is None else run.task()
        if checkpoint is not None and resume and checkpoint.exists():
            run.restore(load(checkpoint, task))
            for epoch in run.history:
                progress(epoch)
        while len(run.history) < epochs and not _stalled(run.history, patience):
            epoch = run.next_epoch()
            if checkpoint is not None:
                save(checkpoint, run.state(), task)
            progress(epoch)
        run.finish()
    return tuple(run.history)


def logits(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return float32 ``[N, class]``, the model's outputs without gradients."""
    with torch.no_grad(), reproducible(0):
        scores: torch.Tensor = model(x)
    return scores


@dataclass
class _Run:
    """One training under way."""

    model: nn.Module
    x: torch.Tensor
    y: torch.Tensor
    epochs: int
    seed: int
    recipe: Recipe
    loss: Loss
    hooks: Hooks
    validation: Pair | None
    history: list[Epoch] = field(default_factory=list)
    best: State | None = None
    optimizer: torch.optim.Optimizer = field(init=False)
    average: AveragedModel | None = field(init=False, default=None)

    def prepare(self, groups: Groups | None) -> None:
        """Set up the optimiser, each group remembering its own peak rate."""
        every: Groups = ({"params": [*self.model.parameters()]},)
        chosen = [dict(group) for group in groups or every]
        for group in chosen:
            group.setdefault("peak", group.get("lr", self.recipe.peak_rate))
        self.optimizer = torch.optim.AdamW(
            chosen, lr=self.recipe.peak_rate, weight_decay=self.recipe.weight_decay
        )
        if self.recipe.average:
            ema = get_ema_multi_avg_fn(self.recipe.average)  # type: ignore[no-untyped-call]
            self.average = AveragedModel(self.model, multi_avg_fn=ema, use_buffers=True)

    def next_epoch(self) -> Epoch:
        """Make one pass and score it."""
        number = len(self.history) + 1
        torch.manual_seed(_derived(self.seed, number, "torch"))
        random = torch.Generator().manual_seed(_derived(self.seed, number, "hooks"))
        if self.hooks.epoch is not None:
            self.hooks.epoch(number, self.model)
        self.model.train()
        epoch = self._pass(number, random)
        if self.validation is not None:
            epoch = self._validated(epoch, self.validation)
        self.history.append(epoch)
        return epoch

    def state(self) -> State:
        """Return everything that the next epoch depends on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "best": self.best,
            "history": [
                (e.number, e.loss, e.accuracy, e.validation_loss, e.validation_accuracy)
                for e in self.history
            ],
        }

    def restore(self, state: State) -> None:
        """Stand where ``state`` was taken."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.best = state["best"]
        self.history = [Epoch(*row) for row in state["history"]]

    def task(self) -> str:
        """Return the fingerprint of data, options and untrained network."""
        held = self.validation or ()
        return fingerprint(
            (
                *(self.x, self.y, *held),
                *(self.epochs, self.seed, self.recipe, [g["peak"] for g in self._groups()]),
                # of a function its name, since its repr would tell where it lies in memory
                getattr(self.loss, "__qualname__", self.loss),
                *self.model.state_dict().values(),
            )
        )

    def finish(self) -> None:
        """Leave the weights that are to be kept, in evaluation mode."""
        if self.best is not None:
            self.model.load_state_dict(self.best)
        elif self.average is not None:
            self.model.load_state_dict(self.average.module.state_dict())
        self.model.eval()

    def _pass(self, number: int, random: torch.Generator) -> Epoch:
        x = self.x if self.hooks.inputs is None else self.hooks.inputs(number, random)
        if len(x) != len(self.y):
            raise InputError(f"epoch {number}: {len(x)} inputs for {len(self.y)} labels")
        batches = [
            b
            for b in torch.split(torch.randperm(len(x)), self.recipe.batch)
            if len(b) > 1 or len(x) == 1  # one sample has no variance to normalise by
        ]
        total, right, steps = 0.0, 0, len(batches) * self.epochs
        for i, rows in enumerate(batches):
            self._set_rate(rate_factor((number - 1) * len(batches) + i, steps, self.recipe.warm_up))
            batch = Batch(rows, x[rows], self.y[rows])
            if self.hooks.batch is not None:
                batch = self.hooks.batch(batch, random)
            outputs = self.model(batch.x)
            loss = self.loss(outputs, batch)
            if not torch.isfinite(loss):
                raise InputError(
                    f"epoch {number}: the loss is {loss.item()}; are the inputs scaled?"
                )
            self._step(loss)
            total += loss.item() * len(rows)
            right += _right(outputs, self.y[rows])
        seen = sum(len(b) for b in batches)
        return Epoch(number, total / seen, right / seen if _is_indices(self.y) else None)

    def _step(self, loss: torch.Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if self.hooks.step is not None:
            self.hooks.step(self.model)
        if self.average is not None:
            self.average.update_parameters(self.model)

    def _validated(self, epoch: Epoch, pair: Pair) -> Epoch:
        """Score the weights that would be kept, and keep them where none were better."""
        kept = self.model if self.average is None else self.average.module
        x, y = pair
        kept.eval()
        total, right = 0.0, 0
        with torch.no_grad():
            for rows in torch.split(torch.arange(len(x)), SCORED_AT_ONCE):
                outputs = kept(x[rows])
                total += self.loss(outputs, Batch(rows, x[rows], y[rows])).item() * len(rows)
                right += _right(outputs, y[rows])
        loss = total / len(x)
        before = [e.validation_loss for e in self.history if e.validation_loss is not None]
        if not before or loss < min(before):
            self.best = {k: v.detach().clone() for k, v in kept.state_dict().items()}
        share = right / len(x) if _is_indices(y) else None
        return replace(epoch, validation_loss=loss, validation_accuracy=share)

    def _set_rate(self, factor: float) -> None:
        for group in self._groups():
            group["lr"] = group["peak"] * factor

    def _groups(self) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = self.optimizer.param_groups
        return groups


def _check(x: torch.Tensor, y: torch.Tensor, epochs: int, validation: Pair | None) -> None:
    held = ((x, y), *((validation,) if validation is not None else ()))
    for inputs, labels in held:
        if len(inputs) != len(labels) or not len(inputs) or epochs < 1:
            raise InputError(
                f"{len(inputs)} inputs, {len(labels)} labels, {epochs} epochs; wanted as many "
                "labels as inputs, and at least one of each"
            )


def _derived(seed: int, epoch: int, purpose: str) -> int:
    """Return a seed of its own for each epoch and purpose, below 2**63."""
    digest = hashlib.sha256(f"{seed}/{epoch}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _is_indices(y: torch.Tensor) -> bool:
    return y.dtype == torch.int64 and y.ndim == 1


def _right(outputs: torch.Tensor, y: torch.Tensor) -> int:
    return int((outputs.argmax(1) == y).sum()) if _is_indices(y) else 0


def _stalled(history: Sequence[Epoch], patience: Patience | None) -> bool:
    if patience is None or len(history) <= patience.epochs:
        return False
    losses = [e.loss if e.validation_loss is None else e.validation_loss for e in history]
    before, lately = losses[: -patience.epochs], losses[-patience.epochs :]
    return min(lately) > min(before) * (1 - patience.gain)
