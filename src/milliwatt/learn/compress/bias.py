"""Bias correction: what rounding shifts on average is taken back.

Rounded weights and clipped activations move the mean of what a channel sums up. The mean over the
calibration inputs is compared with the float network's, layer by layer from the front, so that a
layer is corrected for the errors of those before it too, and the difference goes into the bias,
which costs nothing on the device.

Source: Nagel et al., "Data-free quantization through weight equalization and bias correction"
(2019), appendix D (empirical bias correction).
"""

import torch
from torch.fx import GraphModule, Node

from milliwatt.importers.torch.read import layer_name
from milliwatt.learn.compress.graphs import AT_ONCE, WEIGHTED, constant, watch, weighted_layers

MOST_INPUTS = 512  # a mean over as many inputs, and all their pixels, is steady enough


def correct_bias(simulated: GraphModule, folded: GraphModule, inputs: torch.Tensor) -> None:
    """Correct the integer biases of ``simulated`` in place.

    Args:
        simulated: converted by torchao, biases int32; layers without a bias stay as they are.
        folded: the float network that it was made from.
        inputs: float32 ``[N, …]``, from the training side of the split.
    """
    chosen = inputs[:: max(1, len(inputs) // MOST_INPUTS)]
    wanted = _means(folded, chosen)
    for layer in weighted_layers(simulated):
        bias = layer.args[2] if len(layer.args) > 2 else None
        if not isinstance(bias, Node):
            continue
        integers, scale = (constant(simulated, n) for n in bias.all_input_nodes[:2])
        name = layer_name(layer)
        shift = (wanted[name] - _means(simulated, chosen)[name]) / scale
        limits = torch.iinfo(integers.dtype)
        moved = integers.to(torch.float64) + torch.round(shift.to(torch.float64))
        integers.copy_(moved.clamp(limits.min, limits.max).to(integers.dtype))


def _means(model: GraphModule, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the mean of each channel that a weighted layer sums up, by the layer's name."""
    found: dict[str, torch.Tensor] = {}

    def look(node: Node, given: torch.Tensor) -> None:
        if node.target in WEIGHTED:
            name, sums = layer_name(node), given.transpose(0, 1).flatten(1).mean(dim=1)
            found[name] = found.get(name, torch.zeros_like(sums)) + sums * len(given) / len(inputs)

    for batch in torch.split(inputs, AT_ONCE):
        watch(model, batch, look)
    return found
