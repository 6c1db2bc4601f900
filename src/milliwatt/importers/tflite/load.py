"""From a .tflite file to a graph, or to a list of what stands in the way."""

from dataclasses import dataclass
from pathlib import Path

from milliwatt.errors import MilliwattError, UnsupportedOp
from milliwatt.importers.tflite.lowering import Lowering, Step, finish
from milliwatt.importers.tflite.model import (
    ElementType,
    TfliteModel,
    TfliteOperator,
    TfliteTensor,
)
from milliwatt.importers.tflite.read import read, read_file
from milliwatt.importers.tflite.rules import RULES
from milliwatt.importers.tflite.state import State
from milliwatt.ir import Builder, Graph, verify

ON_FLOATS = ("QUANTIZE", "DEQUANTIZE")


@dataclass(frozen=True, slots=True)
class Finding:
    """What inspection says of one operator.

    Attributes:
        index: its position in the main subgraph.
        name: the kind, such as ``CONV_2D``, or a custom operator's own name.
        layer: the name of the tensor that it writes, '' where it writes none.
        inputs: shape and type of each operand, such as ``int8[1, 49, 10, 1]``.
        outputs: likewise.
        macs: multiply-accumulates of one call, None where the operator is refused.
        weights_bytes: of its constant operands.
        refusal: why it cannot be compiled, None where it can.
    """

    index: int
    name: str
    layer: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    macs: int | None
    weights_bytes: int
    refusal: str | None


def load_tflite(source: Path | str | bytes) -> Graph:
    """Return the graph of a .tflite file, given by its path or its bytes.

    Raises:
        BadFile: the file is damaged or is no such file.
        UnsupportedOp: an operator, type or shape without a rule; names the layer and what has one.
        ShapeMismatch: operands of one operator do not fit together; names the layer.
    """
    model, name = _open(source)
    lowering = Lowering(model, Builder(name), State.of(model))
    for number, index in enumerate(model.main.inputs):
        tensor = model.main.tensors[index]
        if tensor.data is not None:
            raise UnsupportedOp(
                f"input {number} ({tensor.name!r}) is a constant; wanted a free tensor"
            )
        try:
            lowering.input(tensor)
        except MilliwattError as e:
            raise type(e)(f"input {number}: {e}") from None
    for operator in model.main.operators:
        _lower(lowering, operator)
    outputs = finish(lowering, model.main.outputs)
    if not outputs:
        raise UnsupportedOp("the model has no outputs; there is nothing to compute")
    return verify(lowering.builder.build(*outputs))


def inspect_tflite(source: Path | str | bytes) -> tuple[Finding, ...]:
    """Return a finding for every operator, each tried by itself, in order.

    Raises:
        BadFile: the file is damaged or is no such file.
    """
    model, name = _open(source)
    state = State.of(model)
    return tuple(_inspect(model, state, name, o) for o in model.main.operators)


def _open(source: Path | str | bytes) -> tuple[TfliteModel, str]:
    if isinstance(source, bytes):
        return read(source), "model"
    path = Path(source)
    return read_file(path), path.stem


def _inspect(model: TfliteModel, state: State, name: str, operator: TfliteOperator) -> Finding:
    lowering = Lowering(model, Builder(name), state, open=True)
    macs: int | None = None
    refusal: str | None = None
    try:
        _lower(lowering, operator)
        macs = lowering.builder.build().macs
    except MilliwattError as e:
        refusal = str(e)
    tensors = model.main.tensors
    inputs = [tensors[i] for i in operator.inputs if i >= 0]
    outputs = [tensors[i] for i in operator.outputs]
    return Finding(
        operator.index,
        operator.name,
        outputs[0].name if outputs else "",
        tuple(_describe(t) for t in inputs),
        tuple(_describe(t) for t in outputs),
        macs,
        sum(t.data.nbytes for t in inputs if t.data is not None),
        refusal,
    )


def _lower(lowering: Lowering, operator: TfliteOperator) -> None:
    """Apply the rule of one operator; errors begin with the layer's name."""
    label = lowering.main.label(operator)
    try:
        _refuse_unknown(lowering, operator)
        RULES[operator.name](Step(lowering, operator))
    except MilliwattError as e:
        raise type(e)(f"{label}: {e}") from None


def _refuse_unknown(lowering: Lowering, operator: TfliteOperator) -> None:
    """Raise `UnsupportedOp` for what no rule is there for."""
    if operator.custom:
        raise UnsupportedOp(f"a custom operator; only built-in ones are supported: {_known()}")
    if operator.name not in RULES:
        raise UnsupportedOp(f"no rule for this operator; supported: {_known()}")
    indices = (*operator.inputs, *operator.outputs)
    tensors = [lowering.main.tensors[i] for i in indices if i >= 0]
    floats = [t for t in tensors if t.type is ElementType.FLOAT32]
    if floats and operator.name not in ON_FLOATS:
        raise UnsupportedOp(
            f"tensor {floats[0].name!r} is float32; only models quantised to int8 are supported: "
            "convert with full-integer post-training quantisation"
        )


def _known() -> str:
    return ", ".join(RULES)


def _describe(tensor: TfliteTensor) -> str:
    shape = tensor.signature if -1 in tensor.signature[1:] else tensor.shape
    return f"{tensor.type.name.lower()}{list(shape)}"
