"""The workbench of the rules: from layers of a program to nodes of a graph.

Images turn from PyTorch's ``[1, C, H, W]`` to ``[1, H, W, C]``; tensors of any other rank keep
their axes.
"""

from dataclasses import dataclass, field

import numpy as np

from milliwatt.errors import UnsupportedOp
from milliwatt.importers.torch.program import Constant, Layer, Tensor
from milliwatt.ir import Array, Builder, DType, Op, Quant, TensorType, Value

IMAGE_RANK = 4
TO_IMAGE = (0, 2, 3, 1)  # axes of [1, C, H, W] in the order [1, H, W, C]
FROM_IMAGE = (0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class Lowering:
    """A graph under construction, and which value each tensor of the program became."""

    builder: Builder
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Step:
    """One layer on its way into the graph."""

    lowering: Lowering
    layer: Layer

    @property
    def out(self) -> Quant:
        """The output's quantisation."""
        return self.layer.output.quant

    def value(self, name: str) -> Value:
        """Return the activation given as ``name``."""
        return self.lowering.values[self.layer.tensor(name).name]

    def values(self, name: str) -> list[Value]:
        """Return the activations given as the list ``name``."""
        return [self.lowering.values[t.name] for t in self.layer.tensors(name)]

    def clip(self) -> tuple[int, int]:
        """Return the lowest and highest integer that the activation function leaves.

        Quantising never changes an order, so to bound a real number and then quantise it is the
        same as to quantise and then bound by the quantised bounds.
        """
        low, high = self.layer.output.dtype.limits
        if self.layer.bounds is None:
            return low, high
        dtype = self.layer.output.dtype
        below, above = (quantized(np.array(b), self.out, dtype) for b in self.layer.bounds)
        return int(below), int(above)

    def weights(self, array: Array, constant: Constant, axis: int) -> Value:
        """Add weights, already in our order, with one scale for each index of ``axis``.

        They are int8, or int4 where that is what they were quantised to.
        """
        if constant.integers.dtype != np.int8 or constant.quant.zero_point:
            raise UnsupportedOp(
                f"weights {constant.name!r} are {constant.integers.dtype} with zero point "
                f"{constant.quant.zero_point}; wanted int8 and 0"
            )
        scale = constant.quant.scale
        per_channel = scale if constant.quant.axis is not None else scale * array.shape[axis]
        dtype = DType.S4 if constant.most <= DType.S4.limits[1] else DType.S8
        type_ = TensorType(array.shape, dtype, Quant(per_channel, 0, axis))
        return self.lowering.builder.constant(f"{self.layer.name}.weight", type_, array)

    def bias(self, x: Quant, weights: Value) -> Value:
        """Add the int32 bias, zeros where the layer has none.

        Raises:
            UnsupportedOp: its scale is not ``x.scale * w.scale``, in single precision.
        """
        per_channel = weights.type.quantized
        product = np.float32(x.scale[0]) * np.array(per_channel.scale, np.float32)
        scale = tuple(float(s) for s in product)
        integers: Array = np.zeros(len(scale), np.int32)
        if self.layer.arguments.get("bias") is not None:
            given = self.layer.constant("bias")
            integers = given.integers
            if integers.dtype != np.int32 or given.quant.scale != scale:
                raise UnsupportedOp(
                    f"bias {given.name!r} is {integers.dtype} with scales {given.quant.scale}; "
                    f"wanted int32 with input scale times weight scale, {scale}"
                )
        dtype = DType.S64 if self.layer.output.dtype is DType.S16 else DType.S32
        type_ = TensorType(integers.shape, dtype, Quant(scale, 0, 0))
        name = f"{self.layer.name}.bias"
        return self.lowering.builder.constant(name, type_, integers.astype(dtype.numpy))

    def node(self, suffix: str, op: Op, *inputs: Value) -> Value:
        """Add a node on the way to the layer's result."""
        return self.lowering.builder.node(f"{self.layer.name}.{suffix}", op, *inputs)

    def result(self, op: Op, *inputs: Value) -> Value:
        """Add the node that gives the layer's result."""
        return self.lowering.builder.node(self.layer.name, op, *inputs)


def our_type(tensor: Tensor) -> TensorType:
    """Return the type that an activation of PyTorch has in a graph."""
    return TensorType(our_shape(tensor.shape), tensor.dtype, tensor.quant)


def our_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return ``[1, C, H, W]`` as ``[1, H, W, C]``; other ranks stay."""
    return tuple(shape[a] for a in TO_IMAGE) if len(shape) == IMAGE_RANK else shape


def our_axis(axis: int, rank: int) -> int:
    """Return where an axis of PyTorch's, counted from either end, is in a graph."""
    return TO_IMAGE.index(axis % rank) if rank == IMAGE_RANK else axis % rank


def quantized(real: Array, quant: Quant, dtype: DType = DType.S8) -> Array:
    """Return the integers that stand for real numbers, saturating; halves go to even."""
    steps = np.rint(real.astype(np.float64) / quant.scale[0]) + quant.zero_point
    return np.clip(steps, *dtype.limits).astype(dtype.numpy)
