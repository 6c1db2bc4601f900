"""A quantised PyTorch program as typed data: what `read` returns and the rules consume.

Shapes and axes here are PyTorch's, images ``[1, C, H, W]``; the rules turn them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Array, DType, Quant


@dataclass(frozen=True, slots=True)
class Tensor:
    """An activation. ``name`` is that of the node which quantises it, unique in a program."""

    name: str
    shape: tuple[int, ...]
    quant: Quant
    dtype: DType = DType.S8


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """Weights (int8) or a bias (int32), with their scales; ``most`` is the largest there may be."""

    name: str
    integers: Array
    quant: Quant
    most: int


Argument = (
    Tensor | Constant | tuple[Tensor, ...] | tuple[int, ...] | float | int | bool | str | None
)
"""What an operator may be given. Numbers, and tuples of them, are attributes."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """An operator between integers in and integers out.

    Attributes:
        name: unique; the path of the module where there is one, such as ``block1.0.0``.
        target: the overload, such as ``aten.conv2d.default``; `REQUANTIZE` where only the
            quantisation changes.
        arguments: by the names of the overload's schema, defaults filled in.
        output: what it makes.
        bounds: lowest and highest real number that an activation function leaves, where one
            follows without rounding in between.
    """

    name: str
    target: str
    arguments: Mapping[str, Argument]
    output: Tensor
    bounds: tuple[float, float] | None = None

    def tensor(self, name: str) -> Tensor:
        """Return the activation given as ``name``."""
        value = self.arguments.get(name)
        if not isinstance(value, Tensor):
            raise UnsupportedOp(f"{name} is {_kind(value)}; wanted an int8 activation")
        return value

    def tensors(self, name: str) -> tuple[Tensor, ...]:
        """Return the activations given as the list ``name``."""
        value = self.arguments.get(name)
        if not isinstance(value, tuple):
            raise UnsupportedOp(f"{name} is {_kind(value)}; wanted int8 activations")
        found = tuple(v for v in value if isinstance(v, Tensor))
        if len(found) != len(value):
            raise UnsupportedOp(f"{name} holds numbers; wanted int8 activations")
        return found

    def constant(self, name: str) -> Constant:
        """Return the constant given as ``name``."""
        value = self.arguments.get(name)
        if not isinstance(value, Constant):
            raise UnsupportedOp(f"{name} is {_kind(value)}; wanted a quantised constant")
        return value

    def integers(self, name: str) -> tuple[int, ...]:
        """Return the integers given as ``name``."""
        value = self.arguments.get(name)
        if isinstance(value, tuple):
            return tuple(v for v in value if isinstance(v, int))
        if isinstance(value, int):
            return (value,)
        raise UnsupportedOp(f"{name} is {_kind(value)}; wanted integers")

    def number(self, name: str) -> float:
        """Return the number given as ``name``."""
        value = self.arguments.get(name)
        if not isinstance(value, int | float):
            raise UnsupportedOp(f"{name} is {_kind(value)}; wanted a number")
        return value

    def pair(self, name: str) -> tuple[int, int]:
        """Return one integer, or two, as one for the height and one for the width."""
        first, *rest = self.integers(name)
        return first, rest[0] if rest else first

    def want(self, name: str, *, allowed: Sequence[Argument]) -> None:
        """Raise `UnsupportedOp` unless the attribute has one of the values allowed for it."""
        value = self.arguments.get(name)
        if value not in allowed:
            wanted = " or ".join(repr(a) for a in allowed)
            raise UnsupportedOp(f"{name} is {value!r}; only {wanted} is supported")


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Layers in the order in which they run."""

    inputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[Tensor, ...]


REQUANTIZE = "requantize"


def _kind(value: Argument) -> str:
    if isinstance(value, Constant):
        return f"the constant {value.name!r}"
    return "an activation" if isinstance(value, Tensor) else repr(value)
