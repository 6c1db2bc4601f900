"""Which numbers become integers, and with what freedom: TensorFlow Lite's int8 scheme for torchao.

* activations: int8 per tensor, any zero point, range from the calibration's minimum and maximum
  (which always include 0, so that zero padding is exact);
* weights: int8 in -127 to 127, one scale an output channel, zero point 0;
* biases: int32, scale = input scale * weight scale of the channel, zero point 0;
* an activation function takes its producer's place: the sum is never rounded in between;
* operators that only select or average keep the scale of what they read;
* the network's input has the scale that the features state, never a fitted one.

torchao folds batch normalisation, places the observers, shares them where told and turns them
into quantise and dequantise nodes; this file only says where, in one table.

Source: TensorFlow Lite 8-bit quantisation specification.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e import (
    MinMaxObserver,
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

from milliwatt.errors import UnsupportedOp

aten = torch.ops.aten

ACTIVATION = QuantizationSpec(
    dtype=torch.int8,
    observer_or_fake_quant_ctr=MinMaxObserver,
    quant_min=-128,
    quant_max=127,
    qscheme=torch.per_tensor_affine,
)
WEIGHT = QuantizationSpec(
    dtype=torch.int8,
    observer_or_fake_quant_ctr=PerChannelMinMaxObserver,
    quant_min=-127,
    quant_max=127,
    qscheme=torch.per_channel_symmetric,
    ch_axis=0,
)
INT32 = torch.iinfo(torch.int32)
ANNOTATION = "quantization_annotation"  # where torchao looks for it in a node's meta


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the rules share: the network's input, whose scale is given and not observed."""

    input: FixedQParamsQuantizationSpec

    def of(self, source: Node) -> QuantizationSpecBase:
        """Return how the tensor that ``source`` makes is quantised."""
        while source.target in KEEPS_SCALE and source.args:
            (first, *_) = source.all_input_nodes
            source = first
        return self.input if source.op == "placeholder" else ACTIVATION


Rule = Callable[[Node, Scheme], QuantizationAnnotation]


class Int8Quantizer(Quantizer):  # type: ignore[misc]
    """Annotates an exported program for `prepare_pt2e`."""

    def __init__(self, *, input_scale: float, input_zero_point: int) -> None:
        """Take the scale and zero point of the network's int8 input."""
        super().__init__()
        self._scheme = Scheme(
            FixedQParamsQuantizationSpec(
                dtype=torch.int8,
                scale=input_scale,
                zero_point=input_zero_point,
                quant_min=-128,
                quant_max=127,
                qscheme=torch.per_tensor_affine,
            )
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
        """
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


def _weighted(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    x, weight, *bias = node.all_input_nodes
    inputs: dict[Node, QuantizationSpecBase] = {x: scheme.of(x), weight: WEIGHT}
    if bias:
        inputs[bias[0]] = _bias(x, weight, node)
    return QuantizationAnnotation(inputs, _output(node))


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
    return QuantizationAnnotation(_observed(node, scheme), _output(node))


def _activation(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    (source,) = node.all_input_nodes
    inputs = {} if _fuses(source) else _observed(node, scheme)
    return QuantizationAnnotation(inputs, ACTIVATION)


def _observing(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    return QuantizationAnnotation(_observed(node, scheme), ACTIVATION)


def _keeping(node: Node, scheme: Scheme) -> QuantizationAnnotation:
    first, *others = dict.fromkeys(node.all_input_nodes)
    shared = SharedQuantizationSpec((first, node))
    inputs = {first: scheme.of(first)} | dict.fromkeys(others, shared)
    return QuantizationAnnotation(inputs, shared)


def _observed(node: Node, scheme: Scheme) -> dict[Node, QuantizationSpecBase]:
    return {source: scheme.of(source) for source in node.all_input_nodes}


def _output(node: Node) -> QuantizationSpecBase | None:
    return None if _fuses(node) else ACTIVATION


def _fuses(node: Node) -> bool:
    """Say whether ``node`` hands its exact sum to an activation function and to nothing else."""
    users = list(node.users)
    return node.target in FUSING and len(users) == 1 and users[0].target in ACTIVATIONS


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
    aten.view.default: _keeping,
}
