"""FlatBuffers read with every bound checked.

The format trusts its offsets, and its Python runtime follows them wherever they point. A model file
comes from anywhere, so here each offset, length and field is checked against the bytes that are
there before it is used, and whatever lies outside is a `BadFile` that says what was being read.

Tables and vectors may be shared within a buffer, so a small file can describe a huge one.
Each visit is therefore charged its size, and a file that asks for more than `SHARING` times
its own length is refused.

Source: FlatBuffers internals, https://flatbuffers.dev/internals/.
"""

import struct
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from milliwatt.errors import BadFile

SHARING = 2  # a real model visits each byte at most once; this leaves room for shared strings
SLACK_BYTES = 4096


class Number(Enum):
    """How a number is stored, always little-endian."""

    U8 = struct.Struct("<B")
    I8 = struct.Struct("<b")
    U16 = struct.Struct("<H")
    I32 = struct.Struct("<i")
    U32 = struct.Struct("<I")
    U64 = struct.Struct("<Q")


_F32 = struct.Struct("<f")


class Flat:
    """The bytes of one FlatBuffer and what may still be read of them."""

    __slots__ = ("_left", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = SHARING * len(data) + SLACK_BYTES

    def root(self, identifier: bytes, what: str) -> "Table":
        """Return the root table.

        Raises:
            BadFile: the file is too short or does not carry the identifier at byte 4.
        """
        if len(self.data) < 8 or self.data[4:8] != identifier:
            found = self.data[4:8].hex(" ") or "nothing"
            raise BadFile(
                f"not a {what}: bytes 4 to 7 are {found}, wanted {identifier.hex(' ')} "
                f"({identifier.decode()!r}); the file has {len(self.data)} bytes"
            )
        return Table(self, self.number(Number.U32, 0, what), what)

    def number(self, kind: Number, position: int, what: str) -> int:
        """Return the integer at ``position``."""
        form: struct.Struct = kind.value
        self.within(position, form.size, what)
        return int(form.unpack_from(self.data, position)[0])

    def real(self, position: int, what: str) -> float:
        """Return the 32-bit float at ``position``."""
        self.within(position, 4, what)
        return float(_F32.unpack_from(self.data, position)[0])

    def within(self, position: int, size: int, what: str) -> None:
        """Raise `BadFile` unless ``size`` bytes from ``position`` are in the file."""
        if position < 0 or position + size > len(self.data):
            raise BadFile(
                f"{what}: needs bytes {position} to {position + size}, "
                f"but the file has {len(self.data)}; it is truncated or damaged"
            )

    def charge(self, size: int, what: str) -> None:
        """Count ``size`` bytes as visited, or raise `BadFile` when nothing is left."""
        self._left -= size
        if self._left < 0:
            raise BadFile(
                f"{what}: the file describes more than {SHARING} times its own "
                f"{len(self.data)} bytes by pointing at the same place repeatedly"
            )


class Table:
    """One FlatBuffer table; a field is named by its number in the schema.

    Every reader raises `BadFile` when what it should return is not inside the file.
    """

    __slots__ = ("_flat", "_position", "_size", "_slots", "_vtable", "what")

    def __init__(self, flat: Flat, position: int, what: str) -> None:
        vtable = position - flat.number(Number.I32, position, what)
        vtable_bytes = flat.number(Number.U16, vtable, what)
        size = flat.number(Number.U16, vtable + 2, what)
        flat.within(vtable, vtable_bytes, what)
        flat.within(position, size, what)
        if vtable_bytes < 4 or vtable_bytes % 2 or size < 4:
            raise BadFile(
                f"{what}: table at byte {position} claims {size} bytes "
                f"and a field list of {vtable_bytes}; it is damaged"
            )
        flat.charge(size, what)
        self.what = what
        self._flat, self._position, self._size = flat, position, size
        self._vtable, self._slots = vtable, (vtable_bytes - 4) // 2

    def place(self, slot: int, size: int = 4) -> int:
        """Return the position of a field of ``size`` bytes in the file, or 0 where it is absent."""
        if slot >= self._slots:
            return 0
        offset = self._flat.number(Number.U16, self._vtable + 4 + 2 * slot, self.what)
        if offset == 0:
            return 0
        if offset < 4 or offset + size > self._size:
            raise BadFile(
                f"{self.what}: field {slot} lies at byte {offset} of a table of {self._size}"
            )
        return self._position + offset

    def integer(self, slot: int, kind: Number, default: int = 0) -> int:
        """Return an integer field."""
        place = self.place(slot, kind.value.size)
        return self._flat.number(kind, place, self.what) if place else default

    def flag(self, slot: int) -> bool:
        """Return a boolean field, false where absent."""
        return bool(self.integer(slot, Number.U8))

    def real(self, slot: int, default: float = 0.0) -> float:
        """Return a 32-bit float field."""
        place = self.place(slot)
        return self._flat.real(place, self.what) if place else default

    def text(self, slot: int) -> str:
        """Return a string field, empty where absent; `BadFile` where it is not UTF-8."""
        raw = self.numbers(slot, np.dtype(np.uint8)).tobytes()
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise BadFile(f"{self.what}: field {slot} is not UTF-8 text: {raw[:40]!r}") from None

    def table(self, slot: int, what: str) -> "Table | None":
        """Return the table a field points to, or None where absent."""
        place = self.place(slot)
        return Table(self._flat, self._follow(place), what) if place else None

    def tables(self, slot: int, what: str) -> "tuple[Table, ...]":
        """Return the tables of a vector; each is called ``what`` and its index."""
        start, count = self.vector(slot, 4)
        self._flat.charge(4 * count, self.what)
        return tuple(
            Table(self._flat, self._follow(start + 4 * i), f"{what} {i}") for i in range(count)
        )

    def numbers(self, slot: int, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
        """Return a vector of numbers as a read-only view into the file."""
        start, count = self.vector(slot, dtype.itemsize)
        self._flat.charge(dtype.itemsize * count, self.what)
        return np.frombuffer(self._flat.data, dtype.newbyteorder("<"), count, start)

    def integers(self, slot: int, kind: Number = Number.I32) -> tuple[int, ...]:
        """Return a vector of integers."""
        form: struct.Struct = kind.value
        return tuple(int(v) for v in self.numbers(slot, np.dtype(form.format)).tolist())

    def vector(self, slot: int, element_bytes: int) -> tuple[int, int]:
        """Return the position of a vector's first element and its length; (0, 0) where absent."""
        place = self.place(slot)
        if not place:
            return 0, 0
        start = self._follow(place)
        count = self._flat.number(Number.U32, start, self.what)
        self._flat.within(start + 4, count * element_bytes, f"{self.what}, field {slot}")
        return start + 4, count

    def _follow(self, position: int) -> int:
        """Return where the offset at ``position`` points."""
        return position + self._flat.number(Number.U32, position, self.what)
