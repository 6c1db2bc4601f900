"""The bytes of a .tflite file as typed data, or a sentence that says what is wrong with them.

`read` decides whether a file is well formed; whether its operators are supported is for the rules.
After it, every index is in range, every constant has the length that its shape and type ask for,
every scale is a normal positive number, and operators stand in an order in which they can run.

Source: TensorFlow Lite schema, schema.fbs, version 3. Field numbers below are the schema's.
"""

from collections.abc import Mapping
from math import isfinite, prod
from pathlib import Path
from typing import TypeVar

import numpy as np
from tflite.BuiltinOperator import BuiltinOperator

from milliwatt.errors import BadFile
from milliwatt.importers.tflite.flat import Flat, Number, Table
from milliwatt.importers.tflite.model import (
    Array,
    ElementType,
    Quantization,
    Subgraph,
    TfliteModel,
    TfliteOperator,
    TfliteTensor,
)
from milliwatt.importers.tflite.options import read_options
from milliwatt.importers.tflite.order import check_order

IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
MAX_FILE_BYTES = 1 << 28
MAX_ELEMENTS = 1 << 26  # of one tensor: far beyond any microcontroller
MAX_RANK = 8
CONSTANT_SHARING = 16  # tensors may share a buffer; all constants together, in file lengths
SMALLEST_SCALE = float(np.finfo(np.float32).tiny)
EXTERNAL_MARK = 1  # a buffer with an offset or size above this keeps its data outside the tables

OPERATOR_NAMES: Mapping[int, str] = {
    code: name for name, code in vars(BuiltinOperator).items() if isinstance(code, int)
}
CUSTOM = 32

T = TypeVar("T")

_TYPES = {t.code: t for t in ElementType}
_NUMPY: Mapping[ElementType, np.dtype[np.generic]] = {
    ElementType.FLOAT32: np.dtype("<f4"),
    ElementType.FLOAT16: np.dtype("<f2"),
    ElementType.FLOAT64: np.dtype("<f8"),
    ElementType.INT8: np.dtype("i1"),
    ElementType.UINT8: np.dtype("u1"),
    ElementType.BOOL: np.dtype("u1"),
    ElementType.INT16: np.dtype("<i2"),
    ElementType.UINT16: np.dtype("<u2"),
    ElementType.INT32: np.dtype("<i4"),
    ElementType.UINT32: np.dtype("<u4"),
    ElementType.INT64: np.dtype("<i8"),
    ElementType.UINT64: np.dtype("<u8"),
}
_LIMITS: Mapping[ElementType, tuple[int, int]] = {
    ElementType.INT4: (-8, 7),
    ElementType.INT8: (-128, 127),
    ElementType.UINT8: (0, 255),
    ElementType.INT16: (-32768, 32767),
    ElementType.INT32: (-(1 << 31), (1 << 31) - 1),
}


def read_file(path: Path) -> TfliteModel:
    """Read a .tflite file; `BadFile` names the file.

    Raises:
        BadFile: the file cannot be opened, is too large, or is not a well-formed model.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise BadFile(f"{path}: {size} bytes; a model may have {MAX_FILE_BYTES}")
        data = path.read_bytes()
    except OSError as e:
        raise BadFile(f"{path}: cannot be read: {e.strerror}") from e
    try:
        return read(data)
    except BadFile as e:
        raise BadFile(f"{path}: {e}") from None


def read(data: bytes) -> TfliteModel:
    """Return the model in the bytes of a .tflite file.

    Raises:
        BadFile: says which part of the file is wrong, what it holds and what it should hold.
    """
    flat = Flat(data)
    root = flat.root(IDENTIFIER, "TensorFlow Lite model")
    version = root.integer(0, Number.U32)
    if version != SCHEMA_VERSION:
        raise BadFile(f"schema version {version}; only version {SCHEMA_VERSION} can be read")
    codes = tuple(_operator_code(t) for t in root.tables(1, "operator code"))
    buffers = tuple(_buffer(t, data) for t in root.tables(4, "buffer"))
    subgraphs = tuple(
        _subgraph(i, t, codes, buffers) for i, t in enumerate(root.tables(2, "subgraph"))
    )
    if not subgraphs:
        raise BadFile("the model has no subgraph")
    _check_sharing(subgraphs, len(data))
    metadata = []
    for t in root.tables(6, "metadata"):
        content = _pick(buffers, t.integer(1, Number.U32), "buffer", t.what)
        metadata.append((t.text(0), bytes(content)))
    return TfliteModel(version, root.text(3), subgraphs, tuple(metadata))


def _operator_code(table: Table) -> tuple[str, bool, int]:
    """Return an operator's name, whether it is custom, and its version."""
    # Old writers fill the byte only, new ones both fields: the larger is right.
    code = max(table.integer(0, Number.I8), table.integer(3, Number.I32))
    if code == CUSTOM:
        return table.text(1), True, table.integer(2, Number.I32, 1)
    if code not in OPERATOR_NAMES:
        raise BadFile(f"{table.what}: {code} is no operator of the schema")
    return OPERATOR_NAMES[code], False, table.integer(2, Number.I32, 1)


def _buffer(table: Table, data: bytes) -> memoryview:
    """Return a buffer's bytes, inside the tables or behind them."""
    start, size = table.vector(0, 1)
    offset, outside = table.integer(1, Number.U64), table.integer(2, Number.U64)
    if max(offset, outside) <= EXTERNAL_MARK:
        return memoryview(data)[start : start + size]
    if size:
        raise BadFile(f"{table.what}: has data inside the tables and an offset outside of them")
    if offset + outside > len(data):
        raise BadFile(
            f"{table.what}: lies at bytes {offset} to {offset + outside}, "
            f"but the file has {len(data)}; models in several files cannot be read"
        )
    return memoryview(data)[offset : offset + outside]


def _subgraph(
    index: int,
    table: Table,
    codes: tuple[tuple[str, bool, int], ...],
    buffers: tuple[memoryview, ...],
) -> Subgraph:
    tensors = tuple(
        _tensor(i, t, buffers) for i, t in enumerate(table.tables(0, f"subgraph {index}, tensor"))
    )
    operators = tuple(
        _operator(i, t, codes) for i, t in enumerate(table.tables(3, f"subgraph {index}, operator"))
    )
    subgraph = Subgraph(
        index, table.text(4), tensors, operators, table.integers(1), table.integers(2)
    )
    check_order(subgraph)
    return subgraph


def _operator(index: int, table: Table, codes: tuple[tuple[str, bool, int], ...]) -> TfliteOperator:
    code = table.integer(0, Number.U32)
    name, custom, version = _pick(codes, code, "operator code", table.what)
    options = table.table(4, f"{table.what} {name}")
    return TfliteOperator(
        index,
        name,
        custom,
        version,
        table.integers(1),
        table.integers(2),
        read_options("" if custom else name, table.integer(3, Number.U8), options),
    )


def _tensor(index: int, table: Table, buffers: tuple[memoryview, ...]) -> TfliteTensor:
    name = table.text(3)
    table.what = f"{table.what} {name!r}"
    what = table.what
    code = table.integer(1, Number.I8)
    if code not in _TYPES:
        raise BadFile(f"{what}: {code} is no element type of the schema")
    kind = _TYPES[code]
    shape, signature = _shape(table)
    content = _pick(buffers, table.integer(2, Number.U32), "buffer", what)
    quantization = table.table(4, f"{what}, quantization")
    return TfliteTensor(
        index,
        name,
        shape,
        signature,
        kind,
        _quantization(quantization, shape, kind) if quantization else None,
        _content(content, shape, kind, what) if len(content) else None,
        table.flag(5),
        table.place(6) != 0,
    )


def _shape(table: Table) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a tensor's shape and its signature, -1 standing for what varies."""
    shape = table.integers(0)
    signature = table.integers(7) or shape
    if len(shape) > MAX_RANK:
        raise BadFile(f"{table.what}: {len(shape)} dimensions; at most {MAX_RANK} can be read")
    if any(d == 0 or d < -1 for d in (*shape, *signature)):
        raise BadFile(f"{table.what}: shape {list(shape)} has a dimension that is not positive")
    if len(signature) != len(shape) or any(
        s not in (-1, d) for s, d in zip(signature, shape, strict=True)
    ):
        raise BadFile(
            f"{table.what}: shape {list(shape)} and its signature {list(signature)} disagree"
        )
    if prod(abs(d) for d in shape) > MAX_ELEMENTS:
        raise BadFile(
            f"{table.what}: shape {list(shape)} has {prod(abs(d) for d in shape)} elements; "
            f"at most {MAX_ELEMENTS} can be read"
        )
    return shape, signature


def _content(content: memoryview, shape: tuple[int, ...], kind: ElementType, what: str) -> Array:
    """Return a constant as an array over the file's own bytes."""
    raw = np.frombuffer(content, np.uint8)
    if kind.bits == 0:
        return raw
    wanted = -(-prod(shape) * kind.bits // 8)
    if min(shape, default=1) < 0 or len(content) != wanted:
        raise BadFile(
            f"{what}: a constant {kind.name.lower()}{list(shape)} takes {wanted} bytes; "
            f"its buffer has {len(content)}"
        )
    return raw.view(_NUMPY[kind]).reshape(shape) if kind in _NUMPY else raw


def _quantization(table: Table, shape: tuple[int, ...], kind: ElementType) -> Quantization | None:
    """Return checked quantisation parameters, None where there is no scale."""
    if table.integer(4, Number.U8) and table.place(5):
        raise BadFile(f"{table.what}: custom quantisation; only scale and zero point can be read")
    scales = tuple(float(s) for s in table.numbers(2, np.dtype("<f4")).tolist())
    zeros = tuple(int(z) for z in table.numbers(3, np.dtype("<i8")).tolist())
    axis = table.integer(6, Number.I32)
    if not scales:
        return None
    for s in scales:
        if not isfinite(s) or s < SMALLEST_SCALE:
            raise BadFile(f"{table.what}: scale {s!r}; wanted a finite number above 1.18e-38")
    if len(zeros) not in (0, 1, len(scales)):
        raise BadFile(f"{table.what}: {len(scales)} scales but {len(zeros)} zero points")
    zeros = zeros * len(scales) if len(zeros) == 1 else zeros or (0,) * len(scales)
    low, high = _LIMITS.get(kind, (-(1 << 63), (1 << 63) - 1))
    if min(zeros) < low or max(zeros) > high:
        worst = next(z for z in zeros if not low <= z <= high)
        raise BadFile(
            f"{table.what}: zero point {worst} is outside {kind.name.lower()}, {low} to {high}"
        )
    if not 0 <= axis < max(1, len(shape)):
        raise BadFile(
            f"{table.what}: quantised dimension {axis} of a tensor with {len(shape)} dimensions"
        )
    if len(scales) > 1 and (not shape or shape[axis] != len(scales)):
        raise BadFile(
            f"{table.what}: {len(scales)} scales along dimension {axis} of shape {list(shape)}"
        )
    return Quantization(scales, zeros, axis)


def _pick(items: tuple[T, ...], index: int, kind: str, what: str) -> T:
    """Return one item, or say that the file has fewer."""
    if not 0 <= index < len(items):
        raise BadFile(f"{what}: refers to {kind} {index}; the file has {len(items)}")
    return items[index]


def _check_sharing(subgraphs: tuple[Subgraph, ...], file_bytes: int) -> None:
    """Refuse a small file whose tensors all point at one large buffer."""
    total = sum(t.data.nbytes for s in subgraphs for t in s.tensors if t.data is not None)
    if total > CONSTANT_SHARING * file_bytes:
        raise BadFile(
            f"the constants of all tensors have {total} bytes, more than {CONSTANT_SHARING} "
            f"times the {file_bytes} of the file; buffers are shared beyond what models do"
        )
