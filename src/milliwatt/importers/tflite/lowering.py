"""The workbench of the rules: from tensors of a file to values of a graph.

A rule is a function of a `Step`: one operator, its operands as values and constants,
and ``put`` for its result.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.importers.tflite.model import (
    ElementType,
    Quantization,
    Subgraph,
    TfliteModel,
    TfliteOperator,
    TfliteTensor,
)
from milliwatt.importers.tflite.options import Options
from milliwatt.importers.tflite.state import State
from milliwatt.ir import Array, Builder, DType, Kind, Op, Quant, TensorType, Value
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.reshape import Reshape

DTYPES: Mapping[ElementType, DType] = {
    ElementType.INT8: DType.S8,
    ElementType.UINT8: DType.U8,
    ElementType.INT16: DType.S16,
    ElementType.INT32: DType.S32,
    ElementType.INT64: DType.S64,
    ElementType.FLOAT32: DType.F32,
}
SMALLEST_SCALE, LARGEST_SCALE = 2.0**-60, 2.0**60  # products and ratios of three stay in range
LONGEST_NAME = 160
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_./:;\-]")  # names end up in C comments and in reports

OptionsT = TypeVar("OptionsT", bound=Options)


@dataclass(frozen=True, eq=False)
class Lowering:
    """A graph under construction from the main subgraph.

    ``open`` makes an input of any tensor that nothing has written, so that one operator can be
    tried alone.
    """

    model: TfliteModel
    builder: Builder
    state: State
    open: bool = False
    values: dict[int, Value] = field(default_factory=dict)
    constants: dict[tuple[int, str], Value] = field(default_factory=dict)
    variables: dict[tuple[str, str], Value] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    @property
    def main(self) -> Subgraph:
        """The subgraph that is lowered."""
        return self.model.main

    def value(self, index: int) -> Value:
        """Return the value of a tensor, as an input or a constant where no operator computes it."""
        if index not in self.values:
            tensor = self.main.tensors[index]
            if tensor.data is not None:
                return self.constant(tensor, tensor.data, tensor_type(tensor), "")
            if not self.open:
                raise UnsupportedOp(
                    f"reads {tensor.name!r}, a variable tensor; only VAR_HANDLE and "
                    "READ_VARIABLE can keep state"
                )
            self.input(tensor)
        return self.values[index]

    def input(self, tensor: TfliteTensor) -> None:
        """Make a tensor an input of the graph."""
        self.values[tensor.index] = self.builder.input(self.name(tensor), tensor_type(tensor))

    def constant(self, tensor: TfliteTensor, data: Array, type_: TensorType, layout: str) -> Value:
        """Return a constant; ``layout`` tells apart the forms in which one tensor may be used."""
        key = (tensor.index, layout)
        if key not in self.constants:
            array = np.ascontiguousarray(data, type_.dtype.numpy).reshape(type_.shape)
            self.constants[key] = self.builder.constant(self.name(tensor), type_, array)
        return self.constants[key]

    def name(self, tensor: TfliteTensor) -> str:
        """Return a tensor's name, made of harmless characters; another one for each use.

        Converters join the names of all that they fuse with semicolons: the first is enough.
        """
        short = tensor.name.partition(";")[0] or f"tensor_{tensor.index}"
        return self.unique(short if tensor.data is None else f"{short}.constant")

    def unique(self, name: str) -> str:
        """Return a name like ``name`` that this has not returned before."""
        clean = NOT_IN_NAMES.sub("_", name)[:LONGEST_NAME]
        uses = self.names[clean] = self.names.get(clean, 0) + 1
        return clean if uses == 1 else f"{clean}_{uses}"


@dataclass(frozen=True, eq=False)
class Step:
    """One operator on its way into the graph."""

    lowering: Lowering
    operator: TfliteOperator

    def tensor(self, i: int) -> TfliteTensor:
        """Return operand ``i`` as the file has it, or raise `UnsupportedOp` if it is left out."""
        if not self.has(i):
            raise UnsupportedOp(f"operand {i} is left out; it is needed")
        return self.lowering.main.tensors[self.operator.inputs[i]]

    def has(self, i: int) -> bool:
        """Return whether operand ``i`` is there."""
        return i < len(self.operator.inputs) and self.operator.inputs[i] >= 0

    def value(self, i: int) -> Value:
        """Return operand ``i``."""
        return self.lowering.value(self.tensor(i).index)

    def output(self, i: int = 0) -> TfliteTensor:
        """Return output ``i`` as the file has it."""
        if i >= len(self.operator.outputs):
            raise UnsupportedOp(f"output {i} is left out; it is needed")
        return self.lowering.main.tensors[self.operator.outputs[i]]

    def output_type(self, i: int = 0) -> TensorType:
        """Return the type that the file gives output ``i``."""
        return tensor_type(self.output(i))

    def options(self, of: type[OptionsT]) -> OptionsT:
        """Return the operator's options."""
        options = self.operator.options
        if not isinstance(options, of):
            raise UnsupportedOp(f"carries {type(options).__name__}; wanted {of.__name__}")
        return options

    def data(self, i: int, what: str) -> Array:
        """Return the content of operand ``i``, or raise `UnsupportedOp` where it is computed."""
        tensor = self.tensor(i)
        if tensor.data is None:
            raise UnsupportedOp(f"{what} {tensor.name!r} is computed; only a constant is supported")
        return tensor.data

    def integers(self, i: int, what: str) -> tuple[int, ...]:
        """Return the integers of a small constant operand."""
        if self.tensor(i).type not in (ElementType.INT32, ElementType.INT64):
            found = self.tensor(i).type.name.lower()
            raise UnsupportedOp(f"{what} is {found}; only int32 and int64 are supported")
        data = self.data(i, what)
        if data.size > 64:
            raise UnsupportedOp(f"{what} has {data.size} elements; one an axis is supported")
        return tuple(int(v) for v in data.ravel().tolist())

    def axis(self, axis: int, rank: int) -> int:
        """Return an axis counted from the front."""
        if not -rank <= axis < rank:
            raise ShapeMismatch(f"axis {axis} of a tensor with {rank} axes")
        return axis % rank

    def constant(self, i: int, data: Array, type_: TensorType, layout: str) -> Value:
        """Return constant operand ``i`` in the form that an operator wants."""
        return self.lowering.constant(self.tensor(i), data, type_, layout)

    def node(self, suffix: str, op: Op, *inputs: Value) -> Value:
        """Add a node for an intermediate value."""
        return self._add(self.lowering.unique(f"{self.output().name}/{suffix}"), op, inputs)

    def put(self, op: Op, *inputs: Value, output: int = 0) -> None:
        """Add the node that computes an output, which must be what the file says it is."""
        name = self.lowering.name(self.output(output))
        self.define(self._add(name, op, inputs), output)

    def put_reshaped(self, op: Op, *inputs: Value) -> None:
        """Add a node and bring its result into the shape that the file gives the output."""
        found, wanted = op.infer(tuple(v.type for v in inputs))[0].shape, self.output_type().shape
        if found == wanted:
            self.put(op, *inputs)
        else:
            self.put(Reshape(wanted), self.node("flat", op, *inputs))

    def define(self, value: Value, output: int = 0) -> None:
        """Say which value an output is.

        Raises:
            ShapeMismatch: the file gives the output another shape, type or quantisation.
        """
        wanted = self.output_type(output)
        if value.type != wanted:
            raise ShapeMismatch(
                f"computes {value.type} ({value.type.quant}), "
                f"but the file says {wanted} ({wanted.quant})"
            )
        self.lowering.values[self.output(output).index] = value

    def _add(self, name: str, op: Op, inputs: tuple[Value, ...]) -> Value:
        # The builder's own check names the layer, which whoever runs the rule does already.
        op.infer(tuple(v.type for v in inputs))
        return self.lowering.builder.node(name, op, *inputs)


def tensor_type(tensor: TfliteTensor) -> TensorType:
    """Return the type of a tensor.

    Raises:
        UnsupportedOp: its element type, sparse storage or a varying dimension other than the batch.
    """
    where = f"tensor {tensor.name!r}"
    if tensor.type not in DTYPES:
        known = ", ".join(t.name.lower() for t in DTYPES)
        raise UnsupportedOp(f"{where} is {tensor.type.name.lower()}; supported: {known}")
    if tensor.is_sparse:
        raise UnsupportedOp(f"{where} is stored sparsely; store it densely")
    if -1 in tensor.shape or -1 in tensor.signature[1:]:
        raise UnsupportedOp(
            f"{where} has the dynamic shape {list(tensor.signature)}; "
            "convert the model with every dimension fixed (the batch alone may vary, and is 1)"
        )
    dtype = DTYPES[tensor.type]
    # Some converters leave a scale on floats, where it means nothing.
    quantization = None if dtype is DType.F32 else tensor.quantization
    return TensorType(tensor.shape, dtype, _quant(quantization, where))


def one_scale(type_: TensorType, what: str) -> TensorType:
    """Return ``type_`` if it is quantised with a single scale, or raise `UnsupportedOp`."""
    if type_.quant is None or type_.quant.axis is not None:
        found = type_.quant or "none"
        raise UnsupportedOp(f"{what} {type_} has quantisation {found}; wanted one scale")
    return type_


def per_channel(type_: TensorType, axis: int, what: str) -> TensorType:
    """Return ``type_`` with one scale for each index of ``axis``, repeating a single one."""
    quant, count = type_.quant, type_.shape[axis]
    if quant is None:
        raise UnsupportedOp(f"{what} {type_} have no quantisation; wanted int8 with scales")
    if quant.zero_point != 0:
        raise UnsupportedOp(f"{what} {type_} have zero point {quant.zero_point}; wanted 0")
    if quant.axis is None:
        return replace(type_, quant=Quant(quant.scale * count, 0, axis))
    if quant.axis != axis:
        raise UnsupportedOp(f"{what} {type_} have scales along axis {quant.axis}; wanted {axis}")
    return type_


def _quant(q: Quantization | None, where: str) -> Quant | None:
    if q is None:
        return None
    if not SMALLEST_SCALE <= min(q.scales) <= max(q.scales) <= LARGEST_SCALE:
        raise UnsupportedOp(
            f"{where} has a scale of {min(q.scales):g} to {max(q.scales):g}; "
            f"wanted {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}"
        )
    if not q.per_channel:
        return Quant(q.scales, q.zero_points[0])
    if any(q.zero_points):
        raise UnsupportedOp(
            f"{where} has a scale and a zero point per channel; wanted zero points of 0"
        )
    return Quant(q.scales, 0, q.axis)


def finish(lowering: Lowering, indices: tuple[int, ...]) -> tuple[Value, ...]:
    """Return the outputs of the graph, copied where they are inputs, constants or listed twice."""
    outputs: list[Value] = []
    for index in indices:
        value = lowering.value(index)
        if value.kind is not Kind.RESULT or value in outputs:
            name = lowering.unique(f"{lowering.main.tensors[index].name}/output")
            value = lowering.builder.node(name, Copy(), value)
        outputs.append(value)
    return tuple(outputs)
