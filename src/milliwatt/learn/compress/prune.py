"""Structured pruning: channels disappear from every layer that they pass through.

torch-pruning traces which layers depend on one another (a convolution, its normalisation, the
depthwise layer behind it, both sides of a skip) and removes a channel from all of them at once.
What is left is a smaller ordinary network, so flash, RAM and instructions fall without any help
of the compiler.

Source: Fang et al., "DepGraph: towards any structural pruning" (2023); the importance by
gradients is Molchanov et al., "Importance estimation for neural network pruning" (2019).
"""

import copy
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import torch
from torch import nn
from torch.fx import Node

from milliwatt.errors import InputError, NotAvailable
from milliwatt.importers.torch.read import layer_name
from milliwatt.learn.compress.graphs import WEIGHTED
from milliwatt.learn.reproducible import reproducible

CHANNELS_TOGETHER = 4  # kernels compute four channels in the time of one to four
LARGEST_SHARE = 0.95
BATCH = 256  # samples whose gradients are taken together


class Importance(Enum):
    """Which channels stay: those with large weights, or those the loss depends on most."""

    MAGNITUDE = "magnitude"
    TAYLOR = "taylor"


def prune(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    share: float,
    importance: Importance = Importance.TAYLOR,
    channels_together: int = CHANNELS_TOGETHER,
) -> nn.Module:
    """Return a copy of ``model`` without the least important share of its channels.

    Channels compete across layers, so one layer may lose most and another none. What the network
    takes and gives keeps its shape. The copy should be trained further.

    Args:
        model: in evaluation mode, from float32 ``[N, …]`` to logits ``[N, class]``.
        x: float32 ``[N, …]``, at least 2 inputs from the training side of the split.
        y: int64 ``[N]``, class indices; importance by gradients asks how the loss depends on them.
        share: of channels that go, 0 to `LARGEST_SHARE`.
        importance: how channels are compared.
        channels_together: layers keep a multiple of it.

    Raises:
        InputError: a share out of its range, a model in training mode, or lengths that differ.
        NotAvailable: torch-pruning is not installed.
    """
    if model.training or not 0 <= share <= LARGEST_SHARE or len(x) != len(y) or len(x) < 2:
        raise InputError(
            f"pruning {share:g} of a model in {'training' if model.training else 'evaluation'} "
            f"mode by {len(x)} inputs and {len(y)} labels; wanted a share from 0 to "
            f"{LARGEST_SHARE}, evaluation mode, and at least 2 inputs with as many labels"
        )
    tp = _library()
    smaller = copy.deepcopy(model)
    if not share:
        return smaller
    taylor = importance is Importance.TAYLOR
    judge = tp.importance.GroupTaylorImportance() if taylor else (
        tp.importance.GroupMagnitudeImportance(p=2)
    )  # fmt: skip
    with reproducible(0):
        pruner = tp.pruner.BasePruner(
            smaller,
            x[:2],
            importance=judge,
            global_pruning=True,
            pruning_ratio=share,
            max_pruning_ratio=LARGEST_SHARE,
            ignored_layers=[smaller.get_submodule(n) for n in _outputs(smaller, x[:2])],
            round_to=channels_together,
        )
        if taylor:
            _gradients(smaller, x, y)
        pruner.step()
    smaller.zero_grad()
    return smaller.eval()


def prune_in_steps(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    share: float,
    steps: int,
    tune: Callable[[nn.Module, int], None],
    importance: Importance = Importance.TAYLOR,
) -> nn.Module:
    """Return a pruned copy that lost its channels a few at a time, trained in between.

    Args:
        model: as `prune` takes it.
        x: likewise.
        y: likewise.
        share: of channels that are gone in the end.
        steps: how often some go.
        tune: trains a network in place and leaves it in evaluation mode; it is given the network
            and the number of the step, from 0.
        importance: how channels are compared.
    """
    left = 1.0
    for step in range(steps):
        # the same share of what is left each time, so that shares multiply to the whole
        goal = (1 - share) ** ((step + 1) / steps)
        model = prune(model, x, y, share=1 - goal / left, importance=importance)
        left = goal
        tune(model, step)
    return model


def _library() -> Any:  # noqa: ANN401  (published without types)
    try:
        import torch_pruning  # noqa: PLC0415  (optional)
    except ModuleNotFoundError as error:
        raise NotAvailable(
            "pruning needs the package torch-pruning, which is not installed; "
            "type: pip install 'milliwatt[compress]'"
        ) from error
    return torch_pruning


def _gradients(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> None:
    """Leave the gradients of the mean loss in the parameters."""
    for inputs, labels in zip(torch.split(x, BATCH), torch.split(y, BATCH), strict=True):
        loss = nn.functional.cross_entropy(model(inputs), labels)
        (loss * (len(inputs) / len(x))).backward()  # type: ignore[no-untyped-call]


def _outputs(model: nn.Module, example: torch.Tensor) -> set[str]:
    """Return the layers whose channels are what the network gives."""
    graph = torch.export.export(copy.deepcopy(model), (example,)).graph
    (output,) = (n for n in graph.nodes if n.op == "output")
    return {layer_name(n) for n in _nearest_weighted(output)}


def _nearest_weighted(node: Node) -> Iterator[Node]:
    for source in node.all_input_nodes:
        if source.target in WEIGHTED:
            yield source
        else:
            yield from _nearest_weighted(source)
