"""Which numbers become integers, and with what freedom: TensorFlow Lite's int8 scheme for torchao.

* activations: int8 per tensor, any zero point, range as the calibration chooses it (always with 0
  in it, so that zero padding is exact);
* weights: int8 in -127 to 127, one scale an output channel, zero point 0; 4-bit ones, where they
  are asked for, the same in -7 to 7;
* biases: int32, scale = input scale * weight scale of the channel, zero point 0;
* an activation function takes its producer's place: the sum is never rounded in between;
* operators that only select or average keep the scale of what they read;
* the network's input has the scale that the features state, never a fitted one.

torchao folds batch normalisation, places the observers, shares them where told and turns them
into quantise and dequantise nodes; this file only says where, in one table. Training aware of
quantisation puts the same specifications to work with fake quantisers for observers: numbers that
are rounded forwards, and let gradients through backwards.

Source: TensorFlow Lite 8-bit quantisation specification.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e import (
    FakeQuantize,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
    ObserverOrFakeQuantize,
    PerChannelMinMaxObserver,
)
from torchao.quantization.pt2e.quantizer import (
    DerivedQuantizationSpec,
    FixedQParamsQuantizationSpec,
    QuantizationAnnotation,
    QuantizationSpec,
    QuantizationSpecBase,
    Quantizer,
    SharedQuantizationSpec,
)

from milliwatt.errors import InputError, UnsupportedOp
from milliwatt.importers.torch.read import layer_name
from milliwatt.learn.compress.calibration import OBSERVERS, Calibration, PerChannelMseObserver

aten = torch.ops.aten

INT8_WEIGHT = 127
INT4_WEIGHT = 7
INT32 = torch.iinfo(torch.int32)
ANNOTATION = "quantization_annotation"  # where torchao looks for it in a node's meta
# Nine tenths of what was seen before, as wide as the latest batches by the end of an epoch.
FOLLOWING = MovingAverageMinMaxObserver.with_args(averaging_constant=0.1)
# Weights move under the optimiser: their range is that of this step, not of any before.
CURRENT = MovingAveragePerChannelMinMaxObserver.with_args(averaging_constant=1.0)


@dataclass(frozen=True, slots=True)
class Precision:
    """Which layers differ from int8 everywhere, by the names that reports and errors use.

    Attributes:
        int4_weights: convolutions and linear layers whose weights get 4 bits, two in a byte.
        int16_outputs: layers with weights whose outputs get 16 bits. Such a layer, and those with
            weights that read it, compute in int16 with sums of 64 bits; what goes in and out of
            them is brought to int16 and back.
    """

    int4_weights: frozenset[str] = frozenset()
    int16_outputs: frozenset[str] = frozenset()


INT8 = Precision()


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the rules share.

    Attributes:
        input: the network's input, whose scale is given and not observed.
        activation: every other activation.
        wide: activations in int16.
        weight: weights with this largest integer.
        precision: which layers differ.
    """

    input: FixedQParamsQuantizationSpec
    activation: QuantizationSpec
    wide: QuantizationSpec
    weight: Callable[[int], QuantizationSpec]
    precision: Precision

    def of(self, source: Node) -> QuantizationSpecBase:
        """Return how the tensor that ``source`` makes is quantised."""
        while source.target in KEEPS_SCALE and source.args:
            (first, *_) = source.all_input_nodes
            source = first
        return self.input if source.op == "placeholder" else self.activation

    def into(self, node: Node) -> QuantizationSpecBase:
        """Return how a layer with weights wants what it reads."""
        return self.wide if self.computes_wide(node) else self.of(node.all_input_nodes[0])

    def made_by(self, node: Node) -> QuantizationSpecBase:
        """Return how what a layer computes is quantised."""
        return self.wide if self.computes_wide(node) else self.activation

    def computes_wide(self, node: Node) -> bool:
        """Tell whether a layer with weights computes in int16: it is named, or reads such a one."""
        if node.target not in WEIGHTED:
            return False
        source = node.all_input_nodes[0]
        if source.target in ACTIVATIONS:
            (source,) = source.all_input_nodes
        names = self.precision.int16_outputs
        return bool(names) and (
            layer_name(node) in names or (source.target in WEIGHTED and layer_name(source) in names)
        )

    def weights_of(self, node: Node) -> QuantizationSpec:
        """Return how the weights of a layer are quantised."""
        four = layer_name(node) in self.precision.int4_weights
        return self.weight(INT4_WEIGHT if four else INT8_WEIGHT)


Rule = Callable[[Node, Scheme], QuantizationAnnotation]


class Int8Quantizer(Quantizer):  # type: ignore[misc]
    """Annotates an exported program for `prepare_pt2e` or `prepare_qat_pt2e`."""

    def __init__(
        self,
        *,
        input_scale: float,
        input_zero_point: int,
        calibration: Calibration = Calibration.MIN_MAX,
        precision: Precision = INT8,
        training: bool = False,
    ) -> None:
        """Take how the network's int8 input is quantised, and how the rest is to be.

        Args:
            input_scale: real numbers per step of the input.
            input_zero_point: the int8 that stands for 0.0.
            calibration: how ranges of activations are chosen; in training they follow the batches.
            precision: layers that differ from int8.
            training: for `prepare_qat_pt2e`.
        """
        super().__init__()
        observed = (
            FakeQuantize.with_args(observer=FOLLOWING) if training else OBSERVERS[calibration]
        )
        self._scheme = Scheme(
            FixedQParamsQuantizationSpec(
                dtype=torch.int8,
                scale=input_scale,
                zero_point=input_zero_point,
                quant_min=-128,
                quant_max=127,
                qscheme=torch.per_tensor_affine,
            ),
            QuantizationSpec(
                dtype=torch.int8,
                observer_or_fake_quant_ctr=observed,
                quant_min=-128,
                quant_max=127,
                qscheme=torch.per_tensor_affine,
            ),
            QuantizationSpec(
                dtype=torch.int16,
                observer_or_fake_quant_ctr=observed,
                quant_min=-32768,
                quant_max=32767,
                qscheme=torch.per_tensor_symmetric,
            ),
            _weight_while_training if training else _weight,
            precision,
        )

    def transform_for_annotation(self, model: GraphModule) -> GraphModule:
        """Take out dropout, which does nothing in an exported evaluation graph."""
        for node in list(model.graph.nodes):
            if node.target is aten.dropout.default:
                node.replace_all_uses_with(node.args[0])
                model.graph.erase_node(node)
        model.recompile()
        return model

    def annotate(self, model: GraphModule) -> GraphModule:
        """Annotate every operator by the rule of its target.

        Raises:
            UnsupportedOp: an operator has no rule. Names the layer and lists the supported.
            InputError: a layer that is to be precise otherwise does not exist.
        """
        _check_names(model, self._scheme.precision)
        _check_widths(model, self._scheme)
        for node in model.graph.nodes:
            if node.op == "placeholder":
                note = QuantizationAnnotation(output_qspec=self._scheme.input)
            elif node.op == "call_function":
                note = _rule(node)(node, self._scheme)
            else:
                continue
            node.meta[ANNOTATION] = replace(note, _annotated=True)
        return model

    def validate(self, model: GraphModule) -> None:
        """Accept: `annotate` has already refused what has no rule."""


def _rule(node: Node) -> Rule:
    try:
        return RULES[node.target]
    except KeyError:
        known = ", ".join(sorted(str(t) for t in RULES))
        raise UnsupportedOp(
            f"layer {node.name!r}: no int8 rule for {node.target}; supported are {known}"
        ) from None


def _check_names(model: GraphModule, precision: Precision) -> None:
    weighted = [n for n in model.graph.nodes if RULES.get(n.target) is _weighted]
    known = {layer_name(n) for n in weighted}
    if missing := (precision.int4_weights | precision.int16_outputs) - known:
        raise InputError(
            f"no layer with weights is called {', '.join(sorted(missing))}; there are "
            f"{', '.join(sorted(known))}"
        )


def _check_widths(model: GraphModule, scheme: Scheme) -> None:
    for node in model.graph.nodes:
        if scheme.computes_wide(node) and layer_name(node) in scheme.precision.int4_weights:
            raise InputError(
                f"layer {layer_name(node)!r} would compute in int16 with 4-bit weights, which no "
                "kernel does; take it out of int4_weights or int16_outputs"
            )


def _weight(largest: int) -> QuantizationSpec:
    few = largest == INT4_WEIGHT
    return _symmetric(largest, PerChannelMseObserver if few else PerChannelMinMaxObserver)


def _weight_while_training(largest: int) -> QuantizationSpec:
    return _symmetric(largest, FakeQuantize.with_args(observer=CURRENT))


def _symmetric(largest: int, observer: object) -> QuantizationSpec:
    return QuantizationSpec(
        dtype=torch.int8,
        observer_or_fake_quant_ctr=observer,
        quant_min=-largest,
        quant_max=largest,
        qscheme=torch.per_channel_symmetric,
        ch_axis=0,
    )


def _weighted(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    x, weight, *bias = node.all_input_nodes
    inputs: dict[Node, QuantizationSpecBase] = {
        x: scheme.into(node),
        weight: scheme.weights_of(node),
    }
    if bias:
        inputs[bias[0]] = _bias(x, weight, node)
    return QuantizationAnnotation(inputs, _output(node, scheme))


def _bias(x: Node, weight: Node, node: Node) -> DerivedQuantizationSpec:
    def scales(observers: list[ObserverOrFakeQuantize]) -> tuple[torch.Tensor, torch.Tensor]:
        (x_scale, _), (weight_scale, _) = (o.calculate_qparams() for o in observers)
        scale = x_scale * weight_scale
        return scale, torch.zeros_like(scale, dtype=torch.int64)

    return DerivedQuantizationSpec(
        derived_from=[(x, node), (weight, node)],
        derive_qparams_fn=scales,
        dtype=torch.int32,
        quant_min=INT32.min,
        quant_max=INT32.max,
        qscheme=torch.per_channel_symmetric,
        ch_axis=0,
    )


def _binary(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    if not all(isinstance(a, Node) for a in node.args[:2]):
        raise UnsupportedOp(
            f"layer {node.name!r}: {node.target} with the number {node.args[1]}; wanted two "
            "tensors. Fold the number into the weights of a layer beside it"
        )
    return QuantizationAnnotation(_observed(node, scheme), _output(node, scheme))


def _activation(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    (source,) = node.all_input_nodes
    if _fuses(source):
        return QuantizationAnnotation({}, scheme.made_by(source))
    return QuantizationAnnotation(_observed(node, scheme), scheme.activation)


def _observing(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    return QuantizationAnnotation(_observed(node, scheme), scheme.activation)


def _spanning(scale: float, zero_point: int) -> Rule:
    """Return the rule of a function whose range is known, so that nothing need be observed."""
    out = FixedQParamsQuantizationSpec(
        dtype=torch.int8,
        scale=scale,
        zero_point=zero_point,
        quant_min=-128,
        quant_max=127,
        qscheme=torch.per_tensor_affine,
    )

    def rule(node: Node, scheme: Scheme) -> QuantizationAnnotation:
        return QuantizationAnnotation(_observed(node, scheme), out)

    return rule


def _keeping(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    first, *others = dict.fromkeys(node.all_input_nodes)
    shared = SharedQuantizationSpec((first, node))
    inputs = {first: scheme.of(first)} | dict.fromkeys(others, shared)
    return QuantizationAnnotation(inputs, shared)


def _observed(node: Node, scheme: Scheme) -> dict[Node, QuantizationSpecBase]:
    return {source: scheme.of(source) for source in node.all_input_nodes}


def _output(node: Node, scheme: Scheme) -> QuantizationSpecBase | None:
    return None if _fuses(node) else scheme.made_by(node)


def _fuses(node: Node) -> bool:
    """Say whether ``node`` hands its exact sum to an activation function and to nothing else."""
    users = list(node.users)
    return node.target in FUSING and len(users) == 1 and users[0].target in ACTIVATIONS


WEIGHTED = frozenset({aten.conv2d.default, aten.linear.default})
ACTIVATIONS = frozenset({aten.relu.default, aten.relu_.default, aten.hardtanh.default})
FUSING = frozenset({aten.add.Tensor, aten.conv2d.default, aten.linear.default, aten.mul.Tensor})
KEEPS_SCALE = frozenset(
    {
        aten.adaptive_avg_pool2d.default,
        aten.avg_pool2d.default,
        aten.cat.default,
        aten.flatten.using_ints,
        aten.max_pool2d.default,
        aten.reshape.default,
        aten.slice.Tensor,
        aten.transpose.int,
        aten.view.default,
    }
)
RULES: Mapping[object, Rule] = {
    aten.adaptive_avg_pool2d.default: _keeping,
    aten.add.Tensor: _binary,
    aten.avg_pool2d.default: _keeping,
    aten.cat.default: _keeping,
    aten.conv2d.default: _weighted,
    aten.flatten.using_ints: _keeping,
    aten.hardtanh.default: _activation,
    aten.linear.default: _weighted,
    aten.max_pool2d.default: _keeping,
    aten.mean.dim: _observing,
    aten.mul.Tensor: _binary,
    aten.relu.default: _activation,
    aten.relu_.default: _activation,
    aten.reshape.default: _keeping,
    aten.sigmoid.default: _spanning(1 / 256, -128),
    aten.slice.Tensor: _keeping,
    aten.softmax.int: _spanning(1 / 256, -128),
    aten.sub.Tensor: _binary,
    aten.tanh.default: _spanning(1 / 128, 0),
    aten.transpose.int: _keeping,
    aten.view.default: _keeping,
}
