"""The float network with batch normalisation folded in: what quantisation starts from.

Ranges, biases and errors are those of the folded network, since that is what the device computes.
"""

import copy

import torch
from torch import nn
from torch.export import Dim
from torch.fx import GraphModule
from torchao.quantization.pt2e import FakeQuantizeBase, ObserverBase
from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e
from torchao.quantization.pt2e.quantizer import Quantizer

from milliwatt.errors import InputError

FEWEST = 2  # an example of one would fix the exported batch size


def fold(model: nn.Module, example: torch.Tensor, quantizer: Quantizer) -> GraphModule:
    """Return ``model`` as a graph for any batch, without batch normalisation and dropout.

    Args:
        model: in evaluation mode, from float32 ``[N, …]`` to float32; it stays as it is.
        example: float32 ``[N, …]``, at least 2 inputs.
        quantizer: its rules are applied and taken out again, so what has none is refused here.

    Raises:
        InputError: the model is in training mode, or there are fewer than 2 inputs.
        UnsupportedOp: an operator has no int8 rule.
    """
    if model.training:
        raise InputError("the model is in training mode; call model.eval() before quantising")
    if len(example) < FEWEST:
        raise InputError(f"{len(example)} calibration inputs; wanted at least {FEWEST}")
    any_batch = ({0: Dim("batch")},)
    own = copy.deepcopy(model)  # what is not folded would go on sharing its parameters
    exported = torch.export.export(own, (example[:FEWEST],), dynamic_shapes=any_batch)
    return without_observers(prepare_pt2e(exported.module(), quantizer))


def fresh_copy(folded: GraphModule) -> GraphModule:
    """Return an independent copy, whose annotations of an earlier preparation are gone."""
    fresh = copy.deepcopy(folded)
    for node in fresh.graph.nodes:
        node.meta.pop("quantization_annotation", None)
    return fresh


def without_observers(prepared: GraphModule) -> GraphModule:
    """Take observers and fake quantisers out in place: what is left is the folded float network."""
    for node in list(prepared.graph.nodes):
        if node.op == "call_module" and isinstance(
            prepared.get_submodule(node.target), ObserverBase | FakeQuantizeBase
        ):
            node.replace_all_uses_with(node.args[0])
            prepared.graph.erase_node(node)
    prepared.delete_all_unused_submodules()
    prepared.recompile()
    return prepared
