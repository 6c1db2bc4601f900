"""Quantisation after training: a float network and a few inputs in, integers out."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.export import Dim, ExportedProgram
from torch.fx import GraphModule
from torchao.quantization.pt2e import ObserverBase
from torchao.quantization.pt2e.quantize_pt2e import (
    convert_pt2e,
    prepare_pt2e,
)

from milliwatt.errors import InputError
from milliwatt.learn.quantizer import Int8Quantizer
from milliwatt.learn.reproducible import reproducible

BATCH = 64
FEWEST = 2  # an example of one would fix the exported batch size


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedModel:
    """An int8 network in the two forms that PyTorch gives it.

    Attributes:
        program: exported for one input; what `milliwatt.importers.torch` reads.
        simulated: the same for any batch, computing on integers in floating point. Rounds
            halves to even once, where the device rounds twice in fixed point: the two may
            differ by one step an operator, so a claim about the device is made on the device.
        folded: the float network with batch normalisation folded in, its layers named as in
            ``program``; what quantisation error is measured against.
    """

    program: ExportedProgram
    simulated: GraphModule
    folded: GraphModule


def quantize(
    model: nn.Module,
    calibration: torch.Tensor,
    *,
    input_scale: float,
    input_zero_point: int,
) -> QuantizedModel:
    """Quantise ``model`` to int8 with activation ranges seen on ``calibration``.

    Args:
        model: in evaluation mode, from float32 ``[N, …]`` to float32.
        calibration: float32 ``[N, …]``, at least 2 inputs as the model will meet them; from the
            training side of the split, since they are fitted to.
        input_scale: real numbers per step of the int8 input.
        input_zero_point: the int8 that stands for 0.0.

    Raises:
        InputError: the model is in training mode, or fewer than 2 calibration inputs.
        UnsupportedOp: an operator has no int8 rule.
    """
    if model.training:
        raise InputError("the model is in training mode; call model.eval() before quantising")
    if len(calibration) < FEWEST:
        raise InputError(f"{len(calibration)} calibration inputs; wanted at least {FEWEST}")
    with reproducible(0), torch.no_grad():
        any_batch = ({0: Dim("batch")},)
        exported = torch.export.export(model, (calibration[:FEWEST],), dynamic_shapes=any_batch)
        quantizer = Int8Quantizer(input_scale=input_scale, input_zero_point=input_zero_point)
        prepared = prepare_pt2e(exported.module(), quantizer)
        folded = _without_observers(prepare_pt2e(exported.module(), quantizer))
        for batch in torch.split(calibration, BATCH):
            prepared(batch)
        simulated = convert_pt2e(prepared)
        program = torch.export.export(simulated, (calibration[:1],))
    return QuantizedModel(program, simulated, folded)


def _without_observers(prepared: GraphModule) -> GraphModule:
    """Return a prepared graph without its observers: what is left is the folded float network."""
    for node in list(prepared.graph.nodes):
        if node.op == "call_module" and isinstance(
            prepared.get_submodule(node.target), ObserverBase
        ):
            node.replace_all_uses_with(node.args[0])
            prepared.graph.erase_node(node)
    prepared.delete_all_unused_submodules()
    prepared.recompile()
    return prepared
