"""Damage to files, drawn from a seed: what transfers, flash wear and attackers do."""

import struct
from collections.abc import Callable, Sequence

import numpy as np

Rng = np.random.Generator
EXTREMES = (
    0, 1, 2, 3, 4, 127, 128, 255, 256, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001,
    0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF, 0x7FC00000, 0x7F800000, 0x00000001, 0xBF800000, 0x40000000,
)  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], rng: Rng) -> bytes:
    """Return ``data`` damaged once, or now and then up to three times.

    Light damage gets furthest: it passes the reader and meets the rules.
    """
    out = bytearray(data)
    for _ in range(max(1, int(rng.integers(-4, 4)))):
        _DAMAGE[int(rng.integers(len(_DAMAGE)))](out, others, rng)
    return bytes(out)


def _place(out: bytearray, size: int, rng: Rng) -> int:
    return int(rng.integers(max(1, len(out) - size + 1)))


def _flip_bits(out: bytearray, others: Sequence[bytes], rng: Rng) -> None:
    for _ in range(1 << int(rng.integers(4))):
        if out:
            out[_place(out, 1, rng)] ^= 1 << int(rng.integers(8))


def _truncate(out: bytearray, others: Sequence[bytes], rng: Rng) -> None:
    del out[_place(out, 0, rng) :]


def _splice(out: bytearray, others: Sequence[bytes], rng: Rng) -> None:
    other = others[int(rng.integers(len(others)))]
    start = int(rng.integers(len(other)))
    piece = other[start : start + int(rng.integers(1, 200))]
    at = _place(out, len(piece), rng)
    if rng.integers(2):
        out[at : at + len(piece)] = piece
    else:
        out[at:at] = piece


def _overwrite_word(out: bytearray, others: Sequence[bytes], rng: Rng) -> None:
    for _ in range(int(rng.integers(1, 4))):
        at = _place(out, 4, rng) & ~3
        if at + 4 <= len(out):
            struct.pack_into("<I", out, at, EXTREMES[int(rng.integers(len(EXTREMES)))])


def _nudge_word(out: bytearray, others: Sequence[bytes], rng: Rng) -> None:
    at = _place(out, 4, rng) & ~3
    if at + 4 <= len(out):
        (old,) = struct.unpack_from("<I", out, at)
        struct.pack_into("<I", out, at, (old + int(rng.integers(-8, 9))) & 0xFFFFFFFF)


def _blank(out: bytearray, others: Sequence[bytes], rng: Rng) -> None:
    size = min(len(out), int(rng.integers(1, 65)))
    at = _place(out, size, rng)
    out[at : at + size] = bytes(size) if rng.integers(2) else b"\xff" * size


def _repeat(out: bytearray, others: Sequence[bytes], rng: Rng) -> None:
    size = int(rng.integers(4, 65))
    a, b = _place(out, size, rng) & ~3, _place(out, size, rng) & ~3
    out[b : b + size] = out[a : a + size]


_DAMAGE: tuple[Callable[[bytearray, Sequence[bytes], Rng], None], ...] = (
    _flip_bits, _truncate, _splice, _overwrite_word, _overwrite_word, _nudge_word, _nudge_word,
    _nudge_word, _blank, _repeat,
)  # fmt: skip
