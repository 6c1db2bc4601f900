"""Graphs: values, nodes in execution order, and the builder that importers use.

A value is written once, by the node before its readers; variables are the exception. A variable
lives between calls: nodes that read or write it do so in the order in which they stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from milliwatt.errors import InvalidGraph, MilliwattError
from milliwatt.ir.op import Op
from milliwatt.ir.types import Array, DType, TensorType


class Kind(Enum):
    """Where a value comes from."""

    INPUT = "input"
    CONSTANT = "constant"
    VARIABLE = "variable"
    RESULT = "result"


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """A named tensor. ``data`` is a constant's content or a variable's initial content."""

    name: str
    type: TensorType
    kind: Kind = Kind.RESULT
    data: Array | None = None

    def __str__(self) -> str:
        """Return for example ``%conv1: s8[1, 25, 5, 64]``."""
        return f"%{self.name}: {self.type}"


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """An operator at work in a graph. The name is the layer's name in every message."""

    name: str
    op: Op
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    @property
    def types(self) -> tuple[TensorType, ...]:
        """The operands' types."""
        return tuple(v.type for v in self.inputs)

    @property
    def output(self) -> Value:
        """The one output."""
        (value,) = self.outputs
        return value

    def with_inputs(self, swap: Mapping[Value, Value]) -> "Node":
        """Return this node reading ``swap[v]`` wherever it read ``v``."""
        return replace(self, inputs=tuple(swap.get(v, v) for v in self.inputs))


@dataclass(frozen=True, eq=False)
class Graph:
    """A model: inputs, outputs, and nodes in the order in which they run."""

    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    _values: dict[str, Value] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Collect the values by name."""
        found: dict[str, Value] = {}
        for v in (
            *self.inputs,
            *(v for n in self.nodes for v in (*n.inputs, *n.outputs)),
            *self.outputs,
        ):
            if found.setdefault(v.name, v) is not v:
                raise InvalidGraph(f"two values are called {v.name!r}")
        object.__setattr__(self, "_values", found)

    @property
    def values(self) -> Mapping[str, Value]:
        """Every value by name, in order of first appearance."""
        return self._values

    @property
    def variables(self) -> tuple[Value, ...]:
        """The values that live between calls."""
        return tuple(v for v in self._values.values() if v.kind is Kind.VARIABLE)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one call."""
        return sum(n.op.macs(n.types) for n in self.nodes)

    def users(self, value: Value) -> Iterator[Node]:
        """Yield the nodes that read ``value``."""
        return (n for n in self.nodes if value in n.inputs)

    def producer(self, value: Value) -> Node | None:
        """Return the node that writes ``value``, None for inputs and constants."""
        return next((n for n in self.nodes if value in n.outputs), None)


class Builder:
    """Builds a graph node by node, checking each as it comes.

    ::

        b = Builder("net")
        x = b.input("x", TensorType((1, 8), DType.S8, Quant((0.5,), 0)))
        y = b.node("double", Scale(2), x)
        graph = b.build(y)
    """

    def __init__(self, name: str) -> None:
        """Start an empty graph."""
        self._name = name
        self._inputs: list[Value] = []
        self._nodes: list[Node] = []
        self._names: set[str] = set()

    def input(self, name: str, type_: TensorType) -> Value:
        """Add an input, in call order."""
        value = Value(self.unique(name), type_, Kind.INPUT)
        self._inputs.append(value)
        return value

    def constant(self, name: str, type_: TensorType, data: Array) -> Value:
        """Add a constant whose array has exactly the type's shape and elements."""
        return Value(self.unique(name), type_, Kind.CONSTANT, _checked(name, type_, data))

    def variable(self, name: str, type_: TensorType, initial: Array) -> Value:
        """Add a variable that starts, and after a reset starts again, as ``initial``."""
        return Value(self.unique(name), type_, Kind.VARIABLE, _checked(name, type_, initial))

    def node(self, name: str, op: Op, *inputs: Value) -> Value:
        """Add a node with one output, and return that; errors name the node."""
        try:
            (type_,) = op.infer(tuple(v.type for v in inputs))
        except MilliwattError as e:
            raise type(e)(f"layer {name!r}: {e}") from None
        output = Value(self.unique(name), type_)
        self._nodes.append(Node(output.name, op, inputs, (output,)))
        return output

    def write(self, name: str, op: Op, variable: Value, *inputs: Value) -> None:
        """Add a node that writes ``variable``."""
        (type_,) = op.infer(tuple(v.type for v in inputs))
        if (type_.shape, type_.dtype) != (variable.type.shape, variable.type.dtype):
            raise InvalidGraph(f"layer {name!r} writes {type_} to variable {variable}")
        self._nodes.append(Node(self.unique(name), op, inputs, (variable,)))

    def build(self, *outputs: Value) -> Graph:
        """Return the graph with these outputs."""
        return Graph(self._name, tuple(self._inputs), outputs, tuple(self._nodes))

    def unique(self, name: str) -> str:
        """Reserve a name like ``name`` that nothing else has."""
        taken, candidate, i = self._names, name, 2
        while candidate in taken:
            candidate, i = f"{name}_{i}", i + 1
        taken.add(candidate)
        return candidate


def _checked(name: str, type_: TensorType, data: Array) -> Array:
    if data.shape != type_.shape or data.dtype != type_.dtype.numpy:
        raise InvalidGraph(f"constant {name!r} is {type_}, its data {data.dtype}{list(data.shape)}")
    if type_.dtype is DType.S4 and data.size and (data.min() < -8 or data.max() > 7):
        raise InvalidGraph(f"constant {name!r} is {type_}, its data reach beyond -8 to 7")
    data = np.array(data, order="C")
    data.flags.writeable = False
    return data
