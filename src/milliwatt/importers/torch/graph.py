"""From a program to a graph: every layer by its rule."""

from torch.export import ExportedProgram

from milliwatt.errors import MilliwattError, UnsupportedOp
from milliwatt.importers.torch.lowering import Lowering, Step, our_type
from milliwatt.importers.torch.program import Layer
from milliwatt.importers.torch.read import read
from milliwatt.importers.torch.rules import RULES
from milliwatt.ir import Builder, Graph, Value, verify


def import_program(program: ExportedProgram, *, name: str) -> Graph:
    """Turn a quantised program into a graph with int8 inputs and outputs.

    Args:
        program: quantised by torchao in TensorFlow Lite's int8 scheme, exported for batch 1; as
            `milliwatt.learn.quantize` returns it.
        name: of the graph.

    Returns:
        A graph whose images are ``[1, H, W, C]``, whose nodes are named after PyTorch's modules,
        and which computes what the program simulates to within one step an operator: the
        program rounds once in floating point, the graph twice in fixed point.

    Raises:
        UnsupportedOp: an operator has no rule, or an attribute none supports. Names the layer.
        ShapeMismatch: operands of a layer do not fit together.
    """
    source = read(program)
    lowering = Lowering(Builder(name))
    for i, tensor in enumerate(source.inputs):
        label = "input" if len(source.inputs) == 1 else f"input_{i}"
        lowering.values[tensor.name] = lowering.builder.input(label, our_type(tensor))
    for layer in source.layers:
        lowering.values[layer.output.name] = _lowered(lowering, layer)
    graph = lowering.builder.build(*(lowering.values[t.name] for t in source.outputs))
    verify(graph)
    return graph


def _lowered(lowering: Lowering, layer: Layer) -> Value:
    try:
        rule = RULES[layer.target]
    except KeyError:
        known = ", ".join(sorted(RULES))
        raise UnsupportedOp(
            f"layer {layer.name!r}: no rule for {layer.target}; supported are {known}"
        ) from None
    try:
        return rule(Step(lowering, layer))
    except MilliwattError as error:
        if str(error).startswith("layer "):
            raise
        raise type(error)(f"layer {layer.name!r}, {layer.target}: {error}") from None
