"""Tensor types: shape, element type, quantisation, and the rows they consist of."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from milliwatt.errors import InvalidGraph

Array = NDArray[np.generic]
"""A tensor's elements; the dtype is that of its `DType`."""


class DType(Enum):
    """An element type. The value is its name in C symbols and in the text form.

    S4 is for constants alone: numpy holds an int8 for each, kernels pack them as they like.
    """

    S4 = "s4"
    S8 = "s8"
    U8 = "u8"
    S16 = "s16"
    S32 = "s32"
    S64 = "s64"
    F32 = "f32"

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The numpy type with the same bits."""
        return np.dtype(_NUMPY[self])

    @property
    def bytes(self) -> int:
        """Size of one element, in bytes."""
        return self.numpy.itemsize

    @property
    def c_name(self) -> str:
        """The C type with the same bits."""
        return _C_NAMES[self]

    @property
    def limits(self) -> tuple[int, int]:
        """Lowest and highest integer of an integer type."""
        if self is DType.S4:
            return -8, 7
        info = np.iinfo(self.numpy.name)
        return int(info.min), int(info.max)


_NUMPY = {
    DType.S4: np.int8,
    DType.S8: np.int8,
    DType.U8: np.uint8,
    DType.S16: np.int16,
    DType.S32: np.int32,
    DType.S64: np.int64,
    DType.F32: np.float32,
}
_C_NAMES = {
    DType.S4: "int8_t",
    DType.S8: "int8_t",
    DType.U8: "uint8_t",
    DType.S16: "int16_t",
    DType.S32: "int32_t",
    DType.S64: "int64_t",
    DType.F32: "float",
}


@dataclass(frozen=True, slots=True)
class Quant:
    """Affine quantisation: ``real = scale * (integer - zero_point)``.

    One scale for the tensor, or one for each index of ``axis``. Scales are exactly
    representable in float32, as every file format stores them.
    """

    scale: tuple[float, ...]
    zero_point: int = 0
    axis: int | None = None

    def __post_init__(self) -> None:
        """Refuse scales that are not positive, finite float32 numbers."""
        if not self.scale or (self.axis is None and len(self.scale) != 1):
            raise InvalidGraph(f"quantisation with {len(self.scale)} scales needs an axis")
        for s in self.scale:
            if not (math.isfinite(s) and s > 0 and float(np.float32(s)) == s):
                raise InvalidGraph(f"scale {s!r} is not a positive, finite float32")

    def __str__(self) -> str:
        """Return the scale, or how many there are, and the zero point."""
        if self.axis is not None:
            return f"{len(self.scale)} scales on axis {self.axis}"
        return f"{self.scale[0]:.6g} * (q - {self.zero_point})"


@dataclass(frozen=True, slots=True)
class TensorType:
    """What is known of a tensor before it exists.

    Shapes keep the model's own batch axis of 1. A tensor is a sequence of *rows*: image lines,
    spectrogram frames, sensor samples. They lie along axis 1 behind a batch of 1, along axis 0 of
    a matrix, and a vector is one row; so a row is always contiguous in memory.
    """

    shape: tuple[int, ...]
    dtype: DType
    quant: Quant | None = None

    def __post_init__(self) -> None:
        """Refuse dimensions below one."""
        if any(d < 1 for d in self.shape):
            raise InvalidGraph(f"shape {list(self.shape)} has a dimension below 1")

    @property
    def row_axis(self) -> int | None:
        """The axis along which rows lie, None where all is one row."""
        if len(self.shape) < 2:
            return None
        return 1 if len(self.shape) > 2 and self.shape[0] == 1 else 0

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return 1 if self.row_axis is None else self.shape[self.row_axis]

    @property
    def size(self) -> int:
        """How many elements there are."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size of all elements, in bytes."""
        return self.size * self.dtype.bytes

    @property
    def row_size(self) -> int:
        """How many elements a row has."""
        return self.size // self.rows

    @property
    def row_bytes(self) -> int:
        """Size of one row, in bytes."""
        return self.bytes // self.rows

    @property
    def scale(self) -> float:
        """The scale of a tensor that has one."""
        return self.quantized.scale[0]

    @property
    def zero_point(self) -> int:
        """The integer that stands for 0.0; 0 where nothing is said."""
        return self.quant.zero_point if self.quant else 0

    @property
    def quantized(self) -> Quant:
        """The quantisation of a tensor that must have one, or raise `InvalidGraph`."""
        if self.quant is None:
            raise InvalidGraph(f"a tensor {self} has no quantisation where one is needed")
        return self.quant

    def __str__(self) -> str:
        """Return for example ``s8[1, 49, 10, 1]``."""
        return f"{self.dtype.value}{list(self.shape)}"
