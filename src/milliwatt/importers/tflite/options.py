"""The options of each operator, as the file stores them.

One class per options table of the schema; a field says its number there and its default. `OPTIONS`
maps an operator to its class. An operator without an entry has `NoOptions`.

Source: TensorFlow Lite schema, schema.fbs, version 3.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import ClassVar

from milliwatt.errors import BadFile
from milliwatt.importers.tflite.flat import Number, Table


class Padding(Enum):
    """How a window meets the border."""

    SAME = 0
    VALID = 1


class Activation(Enum):
    """What is applied to a result before it is stored."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3
    TANH = 4
    SIGN_BIT = 5


class FullyConnectedWeights(Enum):
    """Layout of a fully connected operator's weights."""

    DEFAULT = 0
    SHUFFLED4X16INT8 = 1


Read = Mapping[str, Callable[[Table], object]]
"""A field's metadata: how it is read from the options table."""


def _i32(slot: int, default: int = 0) -> Read:
    return {"read": lambda t: t.integer(slot, Number.I32, default)}


def _flag(slot: int) -> Read:
    return {"read": lambda t: t.flag(slot)}


def _real(slot: int) -> Read:
    return {"read": lambda t: t.real(slot)}


def _text(slot: int) -> Read:
    return {"read": lambda t: t.text(slot)}


def _i32s(slot: int) -> Read:
    return {"read": lambda t: t.integers(slot)}


def _choice(slot: int, of: type[Enum]) -> Read:
    def read(table: Table) -> Enum:
        value = table.integer(slot, Number.I8)
        try:
            return of(value)
        except ValueError:
            known = ", ".join(f"{m.value} {m.name}" for m in of)
            raise BadFile(f"{table.what}: {of.__name__} is {value}; there are: {known}") from None

    return {"read": read}


@dataclass(frozen=True, slots=True)
class Options:
    """Base of all options; ``table`` is the number of the options table in the schema's union."""

    table: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class NoOptions(Options):
    """Nothing is read: the operator has no options or has no rule here."""


@dataclass(frozen=True, slots=True)
class Conv2DOptions(Options):
    """Options of CONV_2D."""

    table: ClassVar[int] = 1
    padding: Padding = field(default=Padding.SAME, metadata=_choice(0, Padding))
    stride_w: int = field(default=0, metadata=_i32(1))
    stride_h: int = field(default=0, metadata=_i32(2))
    activation: Activation = field(default=Activation.NONE, metadata=_choice(3, Activation))
    dilation_w: int = field(default=1, metadata=_i32(4, 1))
    dilation_h: int = field(default=1, metadata=_i32(5, 1))


@dataclass(frozen=True, slots=True)
class DepthwiseConv2DOptions(Options):
    """Options of DEPTHWISE_CONV_2D."""

    table: ClassVar[int] = 2
    padding: Padding = field(default=Padding.SAME, metadata=_choice(0, Padding))
    stride_w: int = field(default=0, metadata=_i32(1))
    stride_h: int = field(default=0, metadata=_i32(2))
    depth_multiplier: int = field(default=0, metadata=_i32(3))
    activation: Activation = field(default=Activation.NONE, metadata=_choice(4, Activation))
    dilation_w: int = field(default=1, metadata=_i32(5, 1))
    dilation_h: int = field(default=1, metadata=_i32(6, 1))


@dataclass(frozen=True, slots=True)
class Pool2DOptions(Options):
    """Options of AVERAGE_POOL_2D and MAX_POOL_2D."""

    table: ClassVar[int] = 5
    padding: Padding = field(default=Padding.SAME, metadata=_choice(0, Padding))
    stride_w: int = field(default=0, metadata=_i32(1))
    stride_h: int = field(default=0, metadata=_i32(2))
    filter_w: int = field(default=0, metadata=_i32(3))
    filter_h: int = field(default=0, metadata=_i32(4))
    activation: Activation = field(default=Activation.NONE, metadata=_choice(5, Activation))


@dataclass(frozen=True, slots=True)
class FullyConnectedOptions(Options):
    """Options of FULLY_CONNECTED."""

    table: ClassVar[int] = 8
    activation: Activation = field(default=Activation.NONE, metadata=_choice(0, Activation))
    weights_format: FullyConnectedWeights = field(
        default=FullyConnectedWeights.DEFAULT, metadata=_choice(1, FullyConnectedWeights)
    )
    keep_num_dims: bool = field(default=False, metadata=_flag(2))


@dataclass(frozen=True, slots=True)
class SoftmaxOptions(Options):
    """Options of SOFTMAX."""

    table: ClassVar[int] = 9
    beta: float = field(default=0.0, metadata=_real(0))


@dataclass(frozen=True, slots=True)
class ConcatenationOptions(Options):
    """Options of CONCATENATION."""

    table: ClassVar[int] = 10
    axis: int = field(default=0, metadata=_i32(0))
    activation: Activation = field(default=Activation.NONE, metadata=_choice(1, Activation))


@dataclass(frozen=True, slots=True)
class AddOptions(Options):
    """Options of ADD."""

    table: ClassVar[int] = 11
    activation: Activation = field(default=Activation.NONE, metadata=_choice(0, Activation))


@dataclass(frozen=True, slots=True)
class ReshapeOptions(Options):
    """Options of RESHAPE."""

    table: ClassVar[int] = 17
    new_shape: tuple[int, ...] = field(default=(), metadata=_i32s(0))


@dataclass(frozen=True, slots=True)
class MulOptions(Options):
    """Options of MUL."""

    table: ClassVar[int] = 21
    activation: Activation = field(default=Activation.NONE, metadata=_choice(0, Activation))


@dataclass(frozen=True, slots=True)
class ReducerOptions(Options):
    """Options of MEAN."""

    table: ClassVar[int] = 27
    keep_dims: bool = field(default=False, metadata=_flag(0))


@dataclass(frozen=True, slots=True)
class SubOptions(Options):
    """Options of SUB."""

    table: ClassVar[int] = 28
    activation: Activation = field(default=Activation.NONE, metadata=_choice(0, Activation))


@dataclass(frozen=True, slots=True)
class SqueezeOptions(Options):
    """Options of SQUEEZE."""

    table: ClassVar[int] = 30
    axes: tuple[int, ...] = field(default=(), metadata=_i32s(0))


@dataclass(frozen=True, slots=True)
class StridedSliceOptions(Options):
    """Options of STRIDED_SLICE; masks have one bit an axis."""

    table: ClassVar[int] = 32
    begin_mask: int = field(default=0, metadata=_i32(0))
    end_mask: int = field(default=0, metadata=_i32(1))
    ellipsis_mask: int = field(default=0, metadata=_i32(2))
    new_axis_mask: int = field(default=0, metadata=_i32(3))
    shrink_axis_mask: int = field(default=0, metadata=_i32(4))
    offset: bool = field(default=False, metadata=_flag(5))


@dataclass(frozen=True, slots=True)
class SplitOptions(Options):
    """Options of SPLIT."""

    table: ClassVar[int] = 35
    num_splits: int = field(default=0, metadata=_i32(0))


@dataclass(frozen=True, slots=True)
class LeakyReluOptions(Options):
    """Options of LEAKY_RELU."""

    table: ClassVar[int] = 75
    alpha: float = field(default=0.0, metadata=_real(0))


@dataclass(frozen=True, slots=True)
class SplitVOptions(Options):
    """Options of SPLIT_V."""

    table: ClassVar[int] = 79
    num_splits: int = field(default=0, metadata=_i32(0))


@dataclass(frozen=True, slots=True)
class CallOnceOptions(Options):
    """Options of CALL_ONCE."""

    table: ClassVar[int] = 103
    subgraph: int = field(default=0, metadata=_i32(0))


@dataclass(frozen=True, slots=True)
class VarHandleOptions(Options):
    """Options of VAR_HANDLE; the pair of names says which variable it is."""

    table: ClassVar[int] = 111
    container: str = field(default="", metadata=_text(0))
    shared_name: str = field(default="", metadata=_text(1))


OPTIONS: Mapping[str, type[Options]] = {
    "ADD": AddOptions,
    "AVERAGE_POOL_2D": Pool2DOptions,
    "CALL_ONCE": CallOnceOptions,
    "CONCATENATION": ConcatenationOptions,
    "CONV_2D": Conv2DOptions,
    "DEPTHWISE_CONV_2D": DepthwiseConv2DOptions,
    "FULLY_CONNECTED": FullyConnectedOptions,
    "LEAKY_RELU": LeakyReluOptions,
    "MAX_POOL_2D": Pool2DOptions,
    "MEAN": ReducerOptions,
    "MUL": MulOptions,
    "RESHAPE": ReshapeOptions,
    "SOFTMAX": SoftmaxOptions,
    "SPLIT": SplitOptions,
    "SPLIT_V": SplitVOptions,
    "SQUEEZE": SqueezeOptions,
    "STRIDED_SLICE": StridedSliceOptions,
    "SUB": SubOptions,
    "VAR_HANDLE": VarHandleOptions,
}


def read_options(operator: str, union: int, table: Table | None) -> Options:
    """Return the options of ``operator`` from the table of number ``union``.

    An absent table means every default, as the schema has it.

    Raises:
        BadFile: the table is another operator's or does not read.
    """
    cls = OPTIONS.get(operator)
    if cls is None:
        return NoOptions()
    if table is None or union == 0:
        return cls()
    if union != cls.table:
        raise BadFile(
            f"{table.what}: {operator} carries options number {union}; "
            f"{cls.__name__} is number {cls.table}"
        )
    return cls(**{f.name: f.metadata["read"](table) for f in fields(cls)})
