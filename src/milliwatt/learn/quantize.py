"""Quantisation after training: a float network and a few inputs in, integers out."""

from dataclasses import dataclass
from enum import Flag, auto

import torch
from torch import nn
from torch.export import ExportedProgram
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from milliwatt.learn.compress.bias import correct_bias
from milliwatt.learn.compress.calibration import Calibration
from milliwatt.learn.compress.equalize import equalize
from milliwatt.learn.compress.fold import fold, fresh_copy
from milliwatt.learn.quantizer import INT8, Int8Quantizer, Precision
from milliwatt.learn.reproducible import reproducible

BATCH = 64


class Refine(Flag):
    """What is done to a network beside rounding it.

    EQUALIZE moves scale between layers, so that channels fill the range that they share;
    CORRECT_BIAS takes back what rounding shifted on average.
    """

    NONE = 0
    EQUALIZE = auto()
    CORRECT_BIAS = auto()


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
    method: Calibration = Calibration.MIN_MAX,
    refine: Refine = Refine.NONE,
    precision: Precision = INT8,
) -> QuantizedModel:
    """Quantise ``model`` to int8 with activation ranges seen on ``calibration``.

    Args:
        model: in evaluation mode, from float32 ``[N, …]`` to float32.
        calibration: float32 ``[N, …]``, at least 2 inputs as the model will meet them; from the
            training side of the split, since they are fitted to.
        input_scale: real numbers per step of the int8 input.
        input_zero_point: the int8 that stands for 0.0.
        method: how activation ranges are chosen.
        refine: equalisation across layers, correction of biases.
        precision: layers that differ from int8.

    Raises:
        InputError: the model is in training mode, fewer than 2 calibration inputs, or a layer
            that ``precision`` names does not exist.
        UnsupportedOp: an operator has no int8 rule.
    """
    with reproducible(0), torch.no_grad():
        quantizer = Int8Quantizer(
            input_scale=input_scale,
            input_zero_point=input_zero_point,
            calibration=method,
            precision=precision,
        )
        folded = fold(model, calibration, quantizer)
        if Refine.EQUALIZE in refine:
            equalize(folded, calibration, few_steps=precision.int4_weights)
        prepared = prepare_pt2e(fresh_copy(folded), quantizer)
        for batch in torch.split(calibration, BATCH):
            prepared(batch)
        simulated = convert_pt2e(prepared)
        if Refine.CORRECT_BIAS in refine:
            correct_bias(simulated, folded, calibration)
        return finished(simulated, folded, calibration[:1])


def finished(simulated: GraphModule, folded: GraphModule, example: torch.Tensor) -> QuantizedModel:
    """Return the network in all its forms; ``example`` is one input, ``[1, …]``."""
    return QuantizedModel(torch.export.export(simulated, (example,)), simulated, folded)
