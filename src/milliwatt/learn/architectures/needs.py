"""What a network asks of a board, counted layer by layer on a run over zeros."""

from dataclasses import dataclass

import torch
from torch import nn

from milliwatt.learn.architectures.layers import Shape

CHANNEL_BYTES = 12  # bias, multiplier and shift of an output channel, 4 bytes each


@dataclass(frozen=True, slots=True)
class Needs:
    """What is known of a network before it is trained.

    Attributes:
        macs: multiply-accumulates of one inference.
        parameters: weights and biases as they stay after normalisation is folded in.
        weight_bytes: of int8 weights with the constants of each output channel; code comes on top.
        largest_map_bytes: input and output of the layer where they are largest together, int8.
            Running row by row usually takes less, which the compiler finds out.
    """

    macs: int
    parameters: int
    weight_bytes: int
    largest_map_bytes: int


def needs_of(model: nn.Module, shape: Shape) -> Needs:
    """Return the needs of ``model`` for one input of ``shape`` (channels, rows, width).

    Counts convolutions and linear layers, which is where all weights are and nearly all work is.
    """
    macs, weights, channels, largest = 0, 0, 0, 0

    def count(layer: nn.Module, given: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        nonlocal macs, weights, channels, largest
        weight = layer.get_parameter("weight")
        macs += out.numel() * weight[0].numel()
        largest = max(largest, given[0].numel() + out.numel())
        weights += weight.numel()  # each call anew: a graph writes recurrence out
        channels += len(weight)

    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    handles = [layer.register_forward_hook(count) for layer in layers]
    training = model.training
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, *shape))
    finally:
        for handle in handles:
            handle.remove()
        model.train(training)
    return Needs(macs, weights + channels, weights + channels * CHANNEL_BYTES, largest)
