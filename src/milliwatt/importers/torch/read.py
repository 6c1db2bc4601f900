"""From an exported program to layers between integers.

torchao writes a quantised network in floating point: every tensor passes through a node that
quantises it and one that dequantises it, and between dequantise and quantise stands the float
operator. Read from the other side, what lies between two such nodes is an integer operator::

    dequantize(x), dequantize(w), dequantize(b) -> conv2d -> relu -> quantize

A value that no node quantises has no integers, and is refused by the name of its layer.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch.export import ExportedProgram
from torch.fx import Node

from milliwatt.errors import UnsupportedOp
from milliwatt.importers.torch.program import (
    REQUANTIZE,
    Argument,
    Constant,
    Layer,
    Program,
    Tensor,
)
from milliwatt.ir import Array, DType, Quant

QUANTIZE = "quantized_decomposed.quantize_per_tensor.default"
DEQUANTIZE = "quantized_decomposed.dequantize_per_tensor.default"
DEQUANTIZE_CHANNELS = "quantized_decomposed.dequantize_per_channel.default"
BOUNDING = frozenset({"aten.relu.default", "aten.relu_.default", "aten.hardtanh.default"})
INT8_RANGE, INT16_RANGE = (-128, 127), (-32768, 32767)


def read(program: ExportedProgram) -> Program:
    """Return the layers of ``program``, which was quantised by torchao and exported for batch 1.

    Raises:
        UnsupportedOp: something stays in floating point, is not int8, or has a varying shape.
    """
    return _Reader(program).read()


class _Reader:
    def __init__(self, program: ExportedProgram) -> None:
        self._program = program
        self._user_inputs = frozenset(program.graph_signature.user_inputs)
        self._tensors: dict[Node, Tensor] = {}
        self._inputs: list[Tensor] = []
        self._layers: list[Layer] = []
        self._names: set[str] = set()

    def read(self) -> Program:
        outputs: tuple[Tensor, ...] = ()
        for node in self._program.graph.nodes:
            if _target(node) == QUANTIZE:
                self._quantize(node)
            elif node.op == "output":
                outputs = tuple(self._activation(n) for n in node.all_input_nodes)
        return Program(tuple(self._inputs), tuple(self._layers), outputs)

    def _quantize(self, node: Node) -> None:
        """Learn of a new tensor and of what makes it."""
        source = node.all_input_nodes[0]
        if _target(source) == DEQUANTIZE:
            before = self._activation(source)
            quant, dtype = _per_tensor(node)
            if (before.quant, before.dtype) == (quant, dtype):
                self._tensors[node] = before
                return
            tensor = Tensor(node.name, before.shape, quant, dtype)
            self._add(REQUANTIZE, REQUANTIZE, {"x": before}, tensor)
        else:
            tensor = Tensor(node.name, _shape(source), *_per_tensor(node))
            if source.op == "placeholder" and source.name in self._user_inputs:
                self._inputs.append(tensor)
            else:
                self._computed(source, tensor)
        self._tensors[node] = tensor

    def _computed(self, node: Node, output: Tensor) -> None:
        """Add the layer that ends in ``node``, an operator or the activation function behind it."""
        bounds = None
        if _target(node) in BOUNDING and _target(node.all_input_nodes[0]) != DEQUANTIZE:
            bounds = _bounds(node)
            (node,) = node.all_input_nodes
        name = layer_name(node)
        arguments = {k: self._argument(name, k, a) for k, a in _arguments(node)}
        self._add(name, _target(node), arguments, output, bounds)

    def _add(
        self,
        name: str,
        target: str,
        arguments: dict[str, Argument],
        output: Tensor,
        bounds: tuple[float, float] | None = None,
    ) -> None:
        unique, i = name, 2
        while unique in self._names:
            unique, i = f"{name}_{i}", i + 1
        self._names.add(unique)
        self._layers.append(Layer(unique, target, arguments, output, bounds))

    def _argument(self, layer: str, name: str, value: object) -> Argument:
        match value:
            case Node():
                return self._operand(layer, name, value)
            case [Node(), *_]:
                return tuple(self._activation(n) for n in value if isinstance(n, Node))
            case list() | tuple():
                return tuple(value)
            case None | bool() | int() | float() | str():
                return value
        raise UnsupportedOp(f"layer {layer!r}: {name} is {value!r}; wanted a tensor or numbers")

    def _operand(self, layer: str, name: str, node: Node) -> Tensor | Constant:
        if _target(node) in (DEQUANTIZE, DEQUANTIZE_CHANNELS):
            source = node.all_input_nodes[0]
            return self._constant(node) if source.op == "placeholder" else self._activation(node)
        raise UnsupportedOp(
            f"layer {layer!r}: {name} comes from {layer_name(node)!r} in floating point; "
            "quantise the network with milliwatt.learn.quantize, which gives every layer a rule"
        )

    def _activation(self, node: Node) -> Tensor:
        """Return the tensor that ``node`` dequantises."""
        source = node.all_input_nodes[0] if node.all_input_nodes else node
        if _target(node) != DEQUANTIZE or source not in self._tensors:
            raise UnsupportedOp(
                f"layer {layer_name(node)!r} gives floating point; wanted int8, as "
                "milliwatt.learn.quantize leaves it"
            )
        return self._tensors[source]

    def _constant(self, node: Node) -> Constant:
        source, *_ = node.all_input_nodes
        integers = self._data(source)
        if _target(node) == DEQUANTIZE:
            quant = Quant((_number(node.args[1]),), _whole(node, 2))
            return Constant(source.name, integers, quant, _whole(node, 4))
        scales, zeros = (self._data(n) for n in node.all_input_nodes[1:3])
        if zeros.any():
            raise UnsupportedOp(
                f"constant {source.name!r} has zero points; wanted 0 on all channels"
            )
        scale = tuple(float(s) for s in scales.astype(np.float32).tolist())
        return Constant(source.name, integers, Quant(scale, 0, _whole(node, 3)), _whole(node, 5))

    def _data(self, node: Node) -> Array:
        signature = self._program.graph_signature
        buffers = {**signature.inputs_to_buffers, **signature.inputs_to_parameters}
        if node.name in buffers:
            tensor = self._program.state_dict[buffers[node.name]]
        else:
            tensor = self._program.constants[signature.inputs_to_lifted_tensor_constants[node.name]]
        array: Array = tensor.detach().cpu().numpy()
        return array


def _arguments(node: Node) -> Iterator[tuple[str, object]]:
    """Yield every argument by its name in the operator's schema, with its default if not given."""
    if not isinstance(node.target, torch._ops.OpOverload):  # noqa: SLF001  (its only name)
        raise UnsupportedOp(
            f"layer {layer_name(node)!r}: {node.target} is not an operator of PyTorch"
        )
    for i, argument in enumerate(node.target._schema.arguments):  # noqa: SLF001
        given = node.args[i] if i < len(node.args) else argument.default_value
        yield argument.name, node.kwargs.get(argument.name, given)


def _bounds(node: Node) -> tuple[float, float]:
    if _target(node) == "aten.hardtanh.default":
        given = dict(_arguments(node))
        return _number(given["min_val"]), _number(given["max_val"])
    return 0.0, float("inf")


def _per_tensor(node: Node) -> tuple[Quant, DType]:
    """Return the quantisation that a quantise node applies, to int8, or to int16 around 0."""
    scale, zero, low, high, dtype = node.args[1:6]
    quant = Quant((float(np.float32(_number(scale))),), int(_number(zero)))
    if dtype is torch.int16 and (low, high) == INT16_RANGE and not quant.zero_point:
        return quant, DType.S16
    if dtype is not torch.int8 or (low, high) != INT8_RANGE:
        raise UnsupportedOp(
            f"layer {layer_name(node.all_input_nodes[0])!r} is quantised to {dtype} from {low} to "
            f"{high}; wanted torch.int8 from -128 to 127"
        )
    return quant, DType.S8


def layer_name(node: Node) -> str:
    """Return the path of the module that a node was, where it was one, or the node's own name."""
    path, kind = list(node.meta.get("nn_module_stack", {"": ("", "")}).values())[-1]
    return str(path) if path and "torch.nn.modules" in str(kind) else node.name


def _shape(node: Node) -> tuple[int, ...]:
    shape = node.meta["val"].shape
    if not all(isinstance(d, int) for d in shape):
        raise UnsupportedOp(
            f"layer {layer_name(node)!r} has the varying shape {[str(d) for d in shape]}; export "
            "the program for fixed shapes, batch 1"
        )
    return tuple(shape)


def _target(node: Node) -> str:
    return str(node.target) if node.op == "call_function" else ""


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise UnsupportedOp(f"{value!r} where a number is wanted; scales must be constants")
    return float(value)


def _whole(node: Node, i: int) -> int:
    return int(_number(node.args[i]))
