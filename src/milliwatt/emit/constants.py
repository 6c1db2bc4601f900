"""Constant arrays as C text, each content once."""

from collections.abc import Iterator, Sequence

import numpy as np

from milliwatt.ir import Array

DATA = "data"  # part of every symbol that counts as weights
_PER_LINE = 24
_TYPES = {
    np.dtype(np.int8): "int8_t",
    np.dtype(np.uint8): "uint8_t",
    np.dtype(np.int16): "int16_t",
    np.dtype(np.uint16): "uint16_t",
    np.dtype(np.int32): "int32_t",
    np.dtype(np.int64): "int64_t",
    np.dtype(np.float32): "float",
}


class ConstantPool:
    """Collects constant arrays; equal ones share a symbol."""

    def __init__(self, prefix: str) -> None:
        """Name every array ``<prefix>_data_…``."""
        self._prefix = prefix
        self._arrays: dict[str, Array] = {}
        self._by_content: dict[tuple[str, bytes], str] = {}

    def add(self, name: str, array: Array) -> str:
        """Return the symbol of an array with this content, made from ``name`` if it is new."""
        key = (array.dtype.str, array.tobytes())
        if key not in self._by_content:
            symbol = f"{self._prefix}_{DATA}_{name}"
            self._by_content[key] = symbol
            self._arrays[symbol] = array
        return self._by_content[key]

    @property
    def bytes(self) -> int:
        """Size of all arrays in flash, in bytes."""
        return sum(array.nbytes for array in self._arrays.values())

    def definitions(self) -> Iterator[str]:
        """Yield the C text of every array, word-aligned at least, as wide loads want."""
        for symbol, array in self._arrays.items():
            type_ = f"static _Alignas({max(4, array.itemsize)}) const {_TYPES[array.dtype]}"
            head = f"{type_} {symbol}[{array.size}] = {{"
            yield "\n".join([head, *_lines(array), "};"])


class RecordPool:
    """Collects constant structs and tables; equal ones share a symbol."""

    def __init__(self, prefix: str) -> None:
        """Name every record ``<prefix>_<type>_<number>``."""
        self._prefix = prefix
        self._symbols: dict[tuple[str, str], str] = {}

    def add(self, type_: str, initializer: str) -> str:
        """Return the address of a record of this type and content."""
        return f"&{self._symbol(type_, type_.removeprefix('mw_'), initializer)}"

    def table(self, name: str, numbers: Sequence[int]) -> str:
        """Return the address of a table of 16-bit numbers; ``name`` says what they are."""
        lines = "\n".join(_lines(np.array(numbers, np.uint16)))
        return self._symbol("uint16_t", name, f"{{\n{lines}\n}}")

    def definitions(self) -> Iterator[str]:
        """Yield the C text of every record."""
        for (type_, initializer), symbol in self._symbols.items():
            many = "[]" if type_ == "uint16_t" else ""
            yield f"static const {type_} {symbol}{many} = {initializer};"

    def _symbol(self, type_: str, name: str, initializer: str) -> str:
        key = (type_, initializer)
        if key not in self._symbols:
            self._symbols[key] = f"{self._prefix}_{name}_{len(self._symbols)}"
        return self._symbols[key]


def _lines(array: Array) -> Iterator[str]:
    flat = array.reshape(-1)
    for at in range(0, flat.size, _PER_LINE):
        yield "    " + ", ".join(_literal(v) for v in flat[at : at + _PER_LINE]) + ","


def _literal(value: np.generic) -> str:
    if isinstance(value, np.floating):
        return f"{float(value).hex()}f"
    number = int(value)
    # INT32_MIN has no literal of its own type in C
    return "(-2147483647 - 1)" if number == -(1 << 31) else str(number)
