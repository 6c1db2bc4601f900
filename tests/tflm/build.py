"""Writes .tflite files, so that tests have small models of their own.

Options are written through the accessors of the `tflite` package, whose field numbers are generated
from the schema, and not through those of the reader under test.

::

    m = ModelBuilder()
    x = m.tensor("x", (1, 8), scale=0.5, zero=-3)
    y = m.tensor("y", (1, 8), scale=0.25)
    m.op("LEAKY_RELU", [x], [y], Alpha=0.1)
    data = m.finish([x], [y])
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

Array = NDArray[np.generic]

TYPES = {
    "float32": 0, "int32": 2, "uint8": 3, "int64": 4, "bool": 6, "int16": 7, "int8": 9,
    "resource": 13,
}  # fmt: skip
OPTIONS = {
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CALL_ONCE": "CallOnceOptions",
    "CONCATENATION": "ConcatenationOptions",
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "LEAKY_RELU": "LeakyReluOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "MUL": "MulOptions",
    "RESHAPE": "ReshapeOptions",
    "SOFTMAX": "SoftmaxOptions",
    "SPLIT": "SplitOptions",
    "SPLIT_V": "SplitVOptions",
    "SQUEEZE": "SqueezeOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
    "SUB": "SubOptions",
    "VAR_HANDLE": "VarHandleOptions",
}


@dataclass
class _Tensor:
    name: str
    shape: Sequence[int]
    dtype: str
    scales: Sequence[float]
    zeros: Sequence[int]
    axis: int
    data: Array | None
    signature: Sequence[int] | None
    variable: bool


@dataclass
class _Operator:
    name: str
    inputs: Sequence[int]
    outputs: Sequence[int]
    options: dict[str, object]
    custom: bool


@dataclass
class SubgraphBuilder:
    """Tensors and operators of one subgraph; a tensor goes by the index that ``tensor`` returns."""

    name: str = "main"
    tensors: list[_Tensor] = field(default_factory=list)
    operators: list[_Operator] = field(default_factory=list)
    inputs: Sequence[int] = ()
    outputs: Sequence[int] = ()

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        *,
        scale: float | Sequence[float] | None = None,
        zero: int | Sequence[int] = 0,
        axis: int = 0,
        dtype: str = "int8",
        data: Array | None = None,
        signature: Sequence[int] | None = None,
        variable: bool = False,
    ) -> int:
        """Add a tensor, a constant where ``data`` is given, and return its index."""
        scales = [] if scale is None else [scale] if isinstance(scale, float) else list(scale)
        zeros = [zero] * len(scales) if isinstance(zero, int) else list(zero)
        self.tensors.append(
            _Tensor(name, shape, dtype, scales, zeros, axis, data, signature, variable)
        )
        return len(self.tensors) - 1

    def constant(
        self,
        name: str,
        data: Array,
        *,
        scale: float | Sequence[float] | None = None,
        zero: int | Sequence[int] = 0,
        axis: int = 0,
    ) -> int:
        """Add a constant of the array's own shape and type, and return its index."""
        return self.tensor(
            name, data.shape, scale=scale, zero=zero, axis=axis, dtype=data.dtype.name, data=data
        )

    def op(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        custom: bool = False,
        **options: object,
    ) -> None:
        """Add an operator; options are named as in the `tflite` package (``StrideW=2``)."""
        self.operators.append(_Operator(name, inputs, outputs, options, custom))


class ModelBuilder(SubgraphBuilder):
    """A model under construction; it is its own main subgraph."""

    def __init__(self) -> None:
        """Start with an empty main subgraph."""
        super().__init__()
        self._others: list[SubgraphBuilder] = []

    def subgraph(self, name: str) -> SubgraphBuilder:
        """Add another subgraph; the first one has number 1."""
        self._others.append(SubgraphBuilder(name))
        return self._others[-1]

    def finish(self, inputs: Sequence[int], outputs: Sequence[int], *, version: int = 3) -> bytes:
        """Return the bytes of the file."""
        self.inputs, self.outputs = inputs, outputs
        return _Writer([self, *self._others], version).data


class _Writer:
    """Serialises subgraphs; FlatBuffers are written from the leaves up."""

    def __init__(self, subgraphs: list[SubgraphBuilder], version: int) -> None:
        self._b = flatbuffers.Builder(1024)
        self._codes: list[tuple[str, bool]] = []
        self._contents: list[bytes] = [b""]
        written = [self._subgraph(s) for s in subgraphs]
        roots = self._vector(written)
        codes = self._vector([self._code(*c) for c in self._codes])
        buffers = self._vector([self._buffer(c) for c in self._contents])
        tflite.ModelStart(self._b)
        tflite.ModelAddVersion(self._b, version)
        tflite.ModelAddOperatorCodes(self._b, codes)
        tflite.ModelAddSubgraphs(self._b, roots)
        tflite.ModelAddBuffers(self._b, buffers)
        self._b.Finish(tflite.ModelEnd(self._b), b"TFL3")
        self.data = bytes(self._b.Output())

    def _vector(self, offsets: Sequence[int]) -> int:
        self._b.StartVector(4, len(offsets), 4)
        for o in reversed(offsets):
            self._b.PrependUOffsetTRelative(o)
        return int(self._b.EndVector())

    def _numbers(self, values: Sequence[float], dtype: str) -> int:
        return int(self._b.CreateNumpyVector(np.array(values, dtype)))

    def _buffer(self, content: bytes) -> int:
        data = self._aligned(content) if content else 0
        tflite.BufferStart(self._b)
        if data:
            tflite.BufferAddData(self._b, data)
        return int(tflite.BufferEnd(self._b))

    def _aligned(self, content: bytes) -> int:
        self._b.StartVector(1, len(content), 16)
        self._b.head -= len(content)
        self._b.Bytes[self._b.Head() : self._b.Head() + len(content)] = content
        return int(self._b.EndVector())

    def _code(self, name: str, custom: bool) -> int:
        text = self._b.CreateString(name) if custom else 0
        code = tflite.BuiltinOperator.CUSTOM if custom else getattr(tflite.BuiltinOperator, name)
        tflite.OperatorCodeStart(self._b)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(self._b, min(code, 127))
        tflite.OperatorCodeAddBuiltinCode(self._b, code)
        tflite.OperatorCodeAddVersion(self._b, 1)
        if custom:
            tflite.OperatorCodeAddCustomCode(self._b, text)
        return int(tflite.OperatorCodeEnd(self._b))

    def _subgraph(self, s: SubgraphBuilder) -> int:
        tensors = self._vector([self._tensor(t) for t in s.tensors])
        operators = self._vector([self._operator(o) for o in s.operators])
        inputs, outputs = self._numbers(s.inputs, "i4"), self._numbers(s.outputs, "i4")
        name = self._b.CreateString(s.name)
        tflite.SubGraphStart(self._b)
        tflite.SubGraphAddTensors(self._b, tensors)
        tflite.SubGraphAddInputs(self._b, inputs)
        tflite.SubGraphAddOutputs(self._b, outputs)
        tflite.SubGraphAddOperators(self._b, operators)
        tflite.SubGraphAddName(self._b, name)
        return int(tflite.SubGraphEnd(self._b))

    def _tensor(self, t: _Tensor) -> int:
        name, shape = self._b.CreateString(t.name), self._numbers(t.shape, "i4")
        signature = self._numbers(t.signature, "i4") if t.signature is not None else 0
        quantization = self._quantization(t) if t.scales else 0
        buffer = 0
        if t.data is not None:
            buffer = len(self._contents)
            self._contents.append(np.ascontiguousarray(t.data).tobytes())
        tflite.TensorStart(self._b)
        tflite.TensorAddShape(self._b, shape)
        tflite.TensorAddType(self._b, TYPES[t.dtype])
        tflite.TensorAddBuffer(self._b, buffer)
        tflite.TensorAddName(self._b, name)
        tflite.TensorAddIsVariable(self._b, t.variable)
        if signature:
            tflite.TensorAddShapeSignature(self._b, signature)
        if quantization:
            tflite.TensorAddQuantization(self._b, quantization)
        return int(tflite.TensorEnd(self._b))

    def _quantization(self, t: _Tensor) -> int:
        scales, zeros = self._numbers(t.scales, "f4"), self._numbers(t.zeros, "i8")
        tflite.QuantizationParametersStart(self._b)
        tflite.QuantizationParametersAddScale(self._b, scales)
        tflite.QuantizationParametersAddZeroPoint(self._b, zeros)
        tflite.QuantizationParametersAddQuantizedDimension(self._b, t.axis)
        return int(tflite.QuantizationParametersEnd(self._b))

    def _operator(self, o: _Operator) -> int:
        code = (o.name, o.custom)
        if code not in self._codes:
            self._codes.append(code)
        table = None if o.custom else OPTIONS.get(o.name)
        options = self._options(table, o.options) if table else 0
        inputs, outputs = self._numbers(o.inputs, "i4"), self._numbers(o.outputs, "i4")
        tflite.OperatorStart(self._b)
        tflite.OperatorAddOpcodeIndex(self._b, self._codes.index(code))
        tflite.OperatorAddInputs(self._b, inputs)
        tflite.OperatorAddOutputs(self._b, outputs)
        if table:
            tflite.OperatorAddBuiltinOptionsType(self._b, getattr(tflite.BuiltinOptions, table))
            tflite.OperatorAddBuiltinOptions(self._b, options)
        return int(tflite.OperatorEnd(self._b))

    def _options(self, table: str, values: dict[str, object]) -> int:
        module = importlib.import_module(f"tflite.{table}")
        stored = {k: self._stored(v) for k, v in values.items()}
        getattr(module, f"{table}Start")(self._b)
        for key, value in stored.items():
            getattr(module, f"{table}Add{key}")(self._b, value)
        return int(getattr(module, f"{table}End")(self._b))

    def _stored(self, value: object) -> object:
        if isinstance(value, str):
            return self._b.CreateString(value)
        return self._numbers(value, "i4") if isinstance(value, list | tuple) else value
