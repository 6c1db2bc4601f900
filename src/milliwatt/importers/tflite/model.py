"""A .tflite file as typed data: what `read` returns and the rules consume."""

from dataclasses import dataclass
from enum import Enum
from math import prod

import numpy as np
from numpy.typing import NDArray

from milliwatt.importers.tflite.options import Options

Array = NDArray[np.generic]


class ElementType(Enum):
    """The element types of the schema, each with its number and size in bits."""

    FLOAT32 = (0, 32)
    FLOAT16 = (1, 16)
    INT32 = (2, 32)
    UINT8 = (3, 8)
    INT64 = (4, 64)
    STRING = (5, 0)
    BOOL = (6, 8)
    INT16 = (7, 16)
    COMPLEX64 = (8, 64)
    INT8 = (9, 8)
    FLOAT64 = (10, 64)
    COMPLEX128 = (11, 128)
    UINT64 = (12, 64)
    RESOURCE = (13, 0)
    VARIANT = (14, 0)
    UINT32 = (15, 32)
    UINT16 = (16, 16)
    INT4 = (17, 4)
    BFLOAT16 = (18, 16)

    @property
    def code(self) -> int:
        """The number that stands for it in a file."""
        return self.value[0]

    @property
    def bits(self) -> int:
        """Bits an element takes; 0 where elements have no fixed size."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Quantization:
    """real = scale * (stored - zero point); one pair, or one for each index along ``axis``."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int

    @property
    def per_channel(self) -> bool:
        """Whether it has more than one scale."""
        return len(self.scales) > 1


@dataclass(frozen=True, slots=True, eq=False)
class TfliteTensor:
    """One tensor of a subgraph.

    ``data`` is a read-only view into the file shaped as the tensor (raw bytes for types
    that numpy lacks), or None for what is computed. ``signature`` holds -1 for a dimension
    that may vary at run time.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    type: ElementType
    quantization: Quantization | None
    data: Array | None
    is_variable: bool
    is_sparse: bool

    @property
    def elements(self) -> int:
        """How many elements it has, a varying dimension counted as 1."""
        return prod(max(1, d) for d in self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes the tensor takes."""
        return -(-self.elements * self.type.bits // 8)


@dataclass(frozen=True, slots=True)
class TfliteOperator:
    """One operator; inputs and outputs are tensor indices in its subgraph, -1 for one left out.

    ``name`` is the schema's (``CONV_2D``), or the author's where ``custom`` is true.
    """

    index: int
    name: str
    custom: bool
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Tensors and the operators over them, in an order in which they can run."""

    index: int
    name: str
    tensors: tuple[TfliteTensor, ...]
    operators: tuple[TfliteOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def label(self, operator: TfliteOperator) -> str:
        """Return how messages name an operator: index, kind and the tensor it writes or reads."""
        named = [*operator.outputs, *operator.inputs]
        tensor = next((self.tensors[t].name for t in named if t >= 0), "")
        return f"operator {operator.index} {operator.name} ({tensor!r})"


@dataclass(frozen=True, slots=True)
class TfliteModel:
    """A whole file; subgraph 0 is the one that runs."""

    version: int
    description: str
    subgraphs: tuple[Subgraph, ...]
    metadata: tuple[tuple[str, bytes], ...]

    @property
    def main(self) -> Subgraph:
        """The subgraph that runs."""
        return self.subgraphs[0]
