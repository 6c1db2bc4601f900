"""Where accuracy goes: the noise that each layer of a quantised network adds.

Two figures for a layer, both signal to quantisation noise in decibels, both against the float
network with batch normalisation folded in:

* *here*: of the layer's own output, with every layer before it quantised as well;
* *alone*: of the network's output, with this layer quantised and nothing else. The layer with
  the lowest is the one to spend bits on.

Computed on torchao's simulation, which is within a step an operator of the device's arithmetic.
"""

from dataclasses import dataclass

import torch
from torch.fx import GraphModule, Interpreter, Node

from milliwatt.importers.torch.read import BOUNDING, layer_name
from milliwatt.learn.compress.graphs import WEIGHTED, constant, watch, weighted_layers
from milliwatt.learn.metrics import sqnr_db
from milliwatt.learn.quantize import QuantizedModel

Step = tuple[float, int, int, int]  # scale, zero point, lowest and highest integer


@dataclass(frozen=True, slots=True)
class LayerNoise:
    """What quantising costs at one layer, in decibels."""

    name: str
    here_db: float
    alone_db: float


def layer_noise(quantized: QuantizedModel, x: torch.Tensor) -> tuple[LayerNoise, ...]:
    """Return the noise of every layer with weights, in the order in which they run.

    Args:
        quantized: the network in its forms.
        x: float32 ``[N, …]``; inputs that were not calibrated on tell more.
    """
    weights, steps = _weights(quantized.simulated), _steps(quantized.simulated)
    wanted: dict[str, torch.Tensor] = {}
    got: dict[str, torch.Tensor] = {}
    result = watch(quantized.folded, x, lambda n, given: wanted.update({_ends(n): given}))
    watch(quantized.simulated, x, lambda n, given: got.update({_ends(n): given}))
    found = []
    for layer in weighted_layers(quantized.folded):
        name = layer_name(layer)
        alone = _OneRounded(quantized.folded, name, weights[name], steps[name])
        with torch.no_grad():
            output: torch.Tensor = alone.run(x)
        rounded = _rounded(got[name], steps[name])
        found.append(
            LayerNoise(
                name,
                sqnr_db(wanted[name].numpy(), rounded.numpy()),
                sqnr_db(result.numpy(), output.numpy()),
            )
        )
    return tuple(found)


class _OneRounded(Interpreter):
    """Runs a float network in which one layer has its quantised weights and rounds its output."""

    def __init__(self, model: GraphModule, name: str, weight: torch.Tensor, step: Step) -> None:
        super().__init__(model)
        self._name, self._weight, self._step = name, weight, step

    def run_node(self, n: Node) -> object:
        if n.target in WEIGHTED and layer_name(n) == self._name:
            args, kwargs = self.fetch_args_kwargs_from_env(n)
            result = n.target(args[0], self._weight, *args[2:], **kwargs)
        else:
            result = super().run_node(n)
        last = n.op == "call_function" and _ends(n) == self._name and not _goes_on(n)
        return _rounded(result, self._step) if last else result


def _goes_on(node: Node) -> bool:
    """Tell whether an activation function computes the rest of the layer."""
    return len(node.users) == 1 and str(next(iter(node.users)).target) in BOUNDING


def _ends(node: Node) -> str:
    """Return the layer that a node is, or is the activation function of."""
    bounds = str(node.target) in BOUNDING and len(node.all_input_nodes) == 1
    return layer_name(node.all_input_nodes[0] if bounds else node)


def _weights(simulated: GraphModule) -> dict[str, torch.Tensor]:
    found = {}
    for layer in weighted_layers(simulated):
        weight = layer.args[1]
        assert isinstance(weight, Node)  # noqa: S101  (what dequantises them)
        integers, scale = (constant(simulated, n) for n in weight.all_input_nodes[:2])
        found[layer_name(layer)] = integers * scale.reshape(-1, *[1] * (integers.ndim - 1))
    return found


def _steps(simulated: GraphModule) -> dict[str, Step]:
    """Return how the output of each layer with weights is rounded, by the layer's name."""
    found: dict[str, Step] = {}
    for layer in weighted_layers(simulated):
        node = next(iter(layer.users)) if _goes_on(layer) else layer
        scale, zero, low, high, _ = next(iter(node.users)).args[1:6]
        found[layer_name(layer)] = (scale, zero, low, high)  # type: ignore[assignment]
    return found


def _rounded(x: object, step: Step) -> torch.Tensor:
    assert isinstance(x, torch.Tensor)  # noqa: S101  (a layer gives one)
    scale, zero, low, high = step
    return ((torch.round(x / scale) + zero).clamp(low, high) - zero) * scale
