"""Training that is aware of quantisation: numbers are rounded forwards as the device rounds them.

torchao's `prepare_qat_pt2e` places fake quantisers by the same table of rules that quantisation
after training uses, so both end in the same kind of program: int8, biases int32, batch
normalisation folded. Normalisation is folded *before* training goes on. Left in, torchao would
simulate it beside the convolution and add a bias at the end that nothing has quantised, and the
statistics of a converged network no longer move much in the few epochs that this takes.

Activation ranges follow the batches in training mode and stand still in evaluation mode.

Source: Jacob et al., "Quantization and training of neural networks for efficient
integer-arithmetic-only inference" (2018), section 3.
"""

import copy
from functools import partial

import torch
from torch import nn
from torch.fx import GraphModule
from torchao.quantization.pt2e import FakeQuantizeBase, MovingAveragePerChannelMinMaxObserver
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_qat_pt2e

from milliwatt.learn.compress.equalize import equalize
from milliwatt.learn.compress.fold import fold, fresh_copy, without_observers
from milliwatt.learn.quantize import BATCH, QuantizedModel, Refine, finished
from milliwatt.learn.quantizer import INT8, Int8Quantizer, Precision
from milliwatt.learn.reproducible import reproducible


class QuantizedTraining(nn.Module):
    """A network whose numbers are rounded as the device's are, to be trained further.

    ::

        aware = prepare_training(model, calibration, input_scale=s, input_zero_point=z)
        train(aware, x, y, epochs=5, seed=0, recipe=Recipe(peak_rate=5e-4))
        quantized = aware.quantized()
    """

    def __init__(self, graph: GraphModule, example: torch.Tensor) -> None:
        """Take a graph with fake quantisers, and an input ``[1, …]``."""
        super().__init__()
        self.graph = graph
        self._example = example

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return float32 scores of float32 ``[N, …]``, each number on its grid."""
        scores: torch.Tensor = self.graph(x)
        return scores

    def train(self, mode: bool = True) -> "QuantizedTraining":  # noqa: FBT001, FBT002  (PyTorch's)
        """Let the ranges of activations follow the batches, or hold them.

        The graph itself computes the same in both modes, and an exported one refuses the call.
        """
        self.training = mode
        for module in self.graph.modules():
            if isinstance(module, FakeQuantizeBase) and not _of_weights(module):
                (module.enable_observer if mode else module.disable_observer)()
        return self

    def quantized(self) -> QuantizedModel:
        """Return the network in integers, as `milliwatt.learn.quantize` does.

        This network stays as it is and can be trained on.
        """
        with reproducible(0), torch.no_grad():
            self.eval()
            self.graph(self._example)  # the weights' scales are those of the last step's weights
            folded = without_observers(copy.deepcopy(self.graph))
            simulated = convert_pt2e(copy.deepcopy(self.graph))
            for module in folded.modules():
                module.training = False  # an exported graph refuses to be told by eval()
            return finished(simulated, folded, self._example)


def prepare_training(
    model: nn.Module,
    calibration: torch.Tensor,
    *,
    input_scale: float,
    input_zero_point: int,
    refine: Refine = Refine.NONE,
    precision: Precision = INT8,
) -> QuantizedTraining:
    """Return ``model`` ready to be trained with its numbers rounded.

    Args:
        model: trained, in evaluation mode; it stays as it is.
        calibration: float32 ``[N, …]``, at least 2 inputs; the ranges start from them.
        input_scale: real numbers per step of the int8 input.
        input_zero_point: the int8 that stands for 0.0.
        refine: equalisation happens before; biases need no correction, since they are trained.
        precision: layers that differ from int8.

    Raises:
        InputError: the model is in training mode, fewer than 2 calibration inputs, or a layer
            that ``precision`` names does not exist.
        UnsupportedOp: an operator has no int8 rule.
    """
    quantizer = partial(
        Int8Quantizer,
        input_scale=input_scale,
        input_zero_point=input_zero_point,
        precision=precision,
    )
    with reproducible(0), torch.no_grad():
        folded = fold(model, calibration, quantizer())
        if Refine.EQUALIZE in refine:
            equalize(folded, calibration, few_steps=precision.int4_weights)
        prepared = prepare_qat_pt2e(fresh_copy(folded), quantizer(training=True))
        aware = QuantizedTraining(prepared, calibration[:1]).train()
        for batch in torch.split(calibration, BATCH):
            aware(batch)
    return aware.eval()


def _of_weights(module: FakeQuantizeBase) -> bool:
    observer = getattr(module, "activation_post_process", None)
    return isinstance(observer, MovingAveragePerChannelMinMaxObserver)
