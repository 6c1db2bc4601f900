"""From a trained network to integers, by whatever steps are asked for together.

The order is fixed, since each step repairs what the one before has hurt: channels go, the rest is
trained further, numbers are rounded in training or after it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from milliwatt.errors import InputError
from milliwatt.importers.torch.read import layer_name
from milliwatt.learn.compress.calibration import Calibration
from milliwatt.learn.compress.distill import Distillation
from milliwatt.learn.compress.fold import fold
from milliwatt.learn.compress.graphs import groups_of, weighted_layers
from milliwatt.learn.compress.prune import Importance, prune_in_steps
from milliwatt.learn.compress.qat import prepare_training
from milliwatt.learn.compress.sqnr import layer_noise
from milliwatt.learn.objective import CrossEntropy, Loss
from milliwatt.learn.quantize import QuantizedModel, Refine, quantize
from milliwatt.learn.quantizer import INT8, Int8Quantizer, Precision
from milliwatt.learn.train import Hooks, Pair, Recipe, train

EVERY_LAYER, WORST_LAYER = "all", "worst"
TRACED = 128  # inputs that noise is measured on
Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Compression:
    """What is done to a trained network; the default is int8 by the range that was seen.

    Attributes:
        method: how activation ranges are chosen.
        equalize: move scale between layers until channels fill the range they share.
        correct_bias: take back what rounding shifted on average.
        int4_weights: layers with 4-bit weights; ``("all",)`` for every one but depthwise.
        int16_outputs: layers with weights whose outputs get 16 bits; ``("worst",)`` for the one
            that costs the network's output most, by `layer_noise`.
        prune: share of channels that go, 0 to 0.95.
        importance: which of them.
        prune_steps: how often some go, training in between.
        tune_epochs: passes over the data after each of those steps.
        aware_epochs: passes with rounded numbers; 0 for quantisation after training alone.
        distill: share of a teacher in the loss of all that training, 0 to 1.
        temperature: how much the teacher's beliefs are softened.
        tune_rate: share of the recipe's peak rate at which a pruned network is trained further.
        aware_rate: the same for training with rounded numbers.
    """

    method: Calibration = Calibration.MIN_MAX
    equalize: bool = False
    correct_bias: bool = False
    int4_weights: tuple[str, ...] = ()
    int16_outputs: tuple[str, ...] = ()
    prune: float = 0.0
    importance: Importance = Importance.TAYLOR
    prune_steps: int = 1
    tune_epochs: int = 5
    aware_epochs: int = 0
    distill: float = 0.0
    temperature: float = 3.0
    tune_rate: float = 0.5
    aware_rate: float = 0.1

    @property
    def refine(self) -> Refine:
        """What is done beside rounding, as `quantize` takes it."""
        equalize = Refine.EQUALIZE if self.equalize else Refine.NONE
        return equalize | (Refine.CORRECT_BIAS if self.correct_bias else Refine.NONE)


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What compression has to work with.

    Attributes:
        x: float32 ``[N, …]`` of the training side: calibrated on, and trained on where asked.
        y: int64 ``[N]``, class indices.
        input_scale: real numbers per step of the int8 input.
        input_zero_point: the int8 that stands for 0.0.
        seed: of further training.
        recipe: that the network was trained by.
        hooks: augmentation, as in training.
        validation: inputs and labels that say which epoch is kept.
        class_weights: what a sample of each class counts.
        teacher: asked in distillation; None for the network itself as it was before.
    """

    x: torch.Tensor
    y: torch.Tensor
    input_scale: float
    input_zero_point: int
    seed: int = 0
    recipe: Recipe = field(default_factory=Recipe)
    hooks: Hooks | None = None
    validation: Pair | None = None
    class_weights: tuple[float, ...] = ()
    teacher: nn.Module | None = None


def compressed(
    model: nn.Module,
    material: Material,
    how: Compression,
    progress: Progress = lambda _what, _done, _of: None,
) -> QuantizedModel:
    """Return ``model`` in integers after the steps that ``how`` names; it stays as it is.

    Args:
        model: trained, in evaluation mode, from float32 ``[N, …]`` to logits ``[N, class]``.
        material: data and how to learn from it.
        how: the steps.
        progress: told how the work goes on.

    Raises:
        InputError: a number out of its range, or a layer that does not exist.
        NotAvailable: channels are to go, and torch-pruning is not installed.
        UnsupportedOp: an operator has no int8 rule.
    """
    loss = _loss(model, material, how)
    work, x = model, material.x
    if how.prune:
        total = how.prune_steps * how.tune_epochs

        def tune(smaller: nn.Module, step: int) -> None:
            if not how.tune_epochs:
                return
            place = ("pruning", step * how.tune_epochs, total)
            _train(smaller, material, how.tune_epochs, how.tune_rate, loss, progress, place)

        work = prune_in_steps(
            work,
            x,
            material.y,
            share=how.prune,
            steps=how.prune_steps,
            tune=tune,
            importance=how.importance,
        )
    scale, zero_point = material.input_scale, material.input_zero_point
    precision = _precision(work, material, how)
    if not how.aware_epochs:
        progress("quantising", 0, 1)
        done = quantize(
            work,
            x,
            input_scale=scale,
            input_zero_point=zero_point,
            method=how.method,
            refine=how.refine,
            precision=precision,
        )
        progress("quantising", 1, 1)
        return done
    aware = prepare_training(
        work,
        x,
        input_scale=scale,
        input_zero_point=zero_point,
        refine=how.refine,
        precision=precision,
    )
    place = ("training with rounded numbers", 0, how.aware_epochs)
    _train(aware, material, how.aware_epochs, how.aware_rate, loss, progress, place)
    return aware.quantized()


def _loss(model: nn.Module, material: Material, how: Compression) -> Loss:
    hard = CrossEntropy(material.recipe.label_smoothing, material.class_weights)
    if not how.distill:
        return hard
    teacher = material.teacher or model
    return Distillation(teacher, temperature=how.temperature, share=how.distill, hard=hard)


def _train(
    model: nn.Module,
    material: Material,
    epochs: int,
    rate: float,
    loss: Loss,
    progress: Progress,
    place: tuple[str, int, int],
) -> None:
    what, past, total = place
    recipe = material.recipe
    train(
        model,
        material.x,
        material.y,
        epochs=epochs,
        seed=material.seed,
        recipe=replace(recipe, peak_rate=recipe.peak_rate * rate, average=0.0),
        validation=material.validation,
        loss=loss,
        hooks=material.hooks,
        progress=lambda e: progress(what, past + e.number, total),
    )


def _precision(model: nn.Module, material: Material, how: Compression) -> Precision:
    if not (how.int4_weights or how.int16_outputs):
        return INT8
    four, wide = frozenset(how.int4_weights), frozenset(how.int16_outputs)
    if how.int4_weights == (EVERY_LAYER,):
        with torch.no_grad():
            folded = fold(model, material.x, Int8Quantizer(input_scale=1.0, input_zero_point=0))
        layers = weighted_layers(folded)
        four = frozenset(layer_name(n) for n in layers if groups_of(n) == 1)
        if not four:
            raise InputError("int4_weights: the network has no layer that could have 4-bit weights")
    if how.int16_outputs == (WORST_LAYER,):
        plain = quantize(
            model,
            material.x,
            input_scale=material.input_scale,
            input_zero_point=material.input_zero_point,
            method=how.method,
            refine=how.refine,
        )
        noise = layer_noise(plain, material.x[:TRACED])
        wide = frozenset({min(noise, key=lambda n: n.alone_db).name})
    return Precision(four, wide)
