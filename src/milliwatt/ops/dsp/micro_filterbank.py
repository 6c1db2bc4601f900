"""The filter bank of TensorFlow's micro front end: samples to the loudness of mel bands.

For each frame of samples: multiplied by a Hann window, shifted left until its largest sample
fills 15 bits, transformed (`milliwatt.ops.kiss_fft`), squared, summed in overlapping triangles on
the mel scale, square root, and shifted back. With ``shift`` the number of bits gained,

    w[i]    = x[i] * window[i] >> 12
    e[k]    = re[k]^2 + im[k]^2                     of the transform of w << shift
    y[band] = round(sqrt(sum_k(rising[k] * e[k]) + sum_k(falling[k] * e[k]))) >> shift

A spectral line on the falling side of a band is on the rising side of the next one, where it
weighs ``4096 - falling``.

Source: tensorflow/lite/experimental/microfrontend, whose integers these are; compared to the bit
with ``pymicro-features``, which wraps it.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Rows, TensorType, Types, Window
from milliwatt.ops.integer import isqrt
from milliwatt.ops.kiss_fft import is_power_of_four, real_fft

WHOLE = 4096
WINDOW_BITS = 12
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]
F32 = np.float32


@dataclass(frozen=True, slots=True)
class Bank:
    """Triangles on the mel scale, as spectral lines meet them from low to high.

    Attributes:
        first: the lowest line that counts.
        widths: int16 ``[bands + 1]``: lines that lead up to each band; the last ones only fall.
        falling: int16 ``[lines]``, the weight of each line for the band that it leads away from.
    """

    first: int
    widths: Int16
    falling: Int16


@dataclass(frozen=True, slots=True)
class MicroFilterbank(Op):
    """Loudness of mel bands, frame by frame.

    Operands:
        x: s16 ``[1, H, hop]``: a row holds the samples of one hop.

    Attributes:
        hops: hops in a frame.
        sample_rate_hz: samples a second.
        bands: mel bands.
        low_hz: where the lowest triangle begins.
        high_hz: where the highest ends.
    """

    name: ClassVar[str] = "dsp.micro_filterbank"

    hops: int = 3
    sample_rate_hz: int = 16000
    bands: int = 40
    low_hz: float = 125.0
    high_hz: float = 7500.0

    def infer(self, types: Types) -> Types:
        """Return s32 ``[1, H - hops + 1, bands]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(f"{self.name}: input {x}; wanted s16[1, H, hop] with zero point 0")
        if self.hops < 1 or x.rows < self.hops:
            raise ShapeMismatch(f"{self.name}: frames of {self.hops} hops of {x}; wanted 1 to H")
        if not is_power_of_four(self.lines(x)):
            raise ShapeMismatch(
                f"{self.name}: frames of {self.hops * x.shape[2]} samples need a transform of "
                f"{2 * self.lines(x)}; wanted 8, 32, 128, 512 or 2048"
            )
        if not 0 <= self.low_hz < self.high_hz <= self.sample_rate_hz / 2 or self.bands < 1:
            raise ShapeMismatch(
                f"{self.name}: {self.bands} bands from {self.low_hz:g} to {self.high_hz:g} Hz at "
                f"{self.sample_rate_hz} samples a second; wanted at least one, below half the rate"
            )
        if self.bank(x).first + len(self.bank(x).falling) > self.lines(x):
            raise ShapeMismatch(f"{self.name}: the bands reach beyond {self.lines(x)} lines")
        return (TensorType((1, x.rows - self.hops + 1, self.bands), DType.S32),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute all frames at once."""
        (x,) = types
        (y,) = self.infer(types)
        samples, size = arrays[0][0].reshape(-1), self.hops * x.shape[2]
        starts = np.arange(y.rows)[:, None] * x.shape[2]
        windowed = samples[starts + np.arange(size)].astype(np.int64) * hann(size) >> WINDOW_BITS
        shift = 15 - _bit_length(_largest(windowed))
        padded = np.zeros((y.rows, 2 * self.lines(x)), np.int16)
        padded[:, :size] = (windowed << shift[:, None]).astype(np.int16)
        re, im = real_fft(padded)
        bank = self.bank(x)
        energy = (re * re + im * im)[:, bank.first : bank.first + len(bank.falling)]
        at = np.concatenate([[0], np.cumsum(bank.widths, dtype=np.int64)])
        falling = bank.falling.astype(np.int64)
        falls = _sums(energy * falling, at)
        rises = _sums(energy * (WHOLE - falling), at)
        loudness = _rounded_root(rises[:, :-1] + falls[:, 1:]) >> shift[:, None]
        return (loudness.astype(np.int32)[None],)

    def macs(self, types: Types) -> int:
        """Return those of the window, the butterflies and the triangles."""
        (y,) = self.infer(types)
        n = self.lines(types[0])
        stages = (n.bit_length() - 1) // 2
        products = self.hops * types[0].shape[2] + stages * n * 3 + n * 2 + 4 * n
        return y.rows * products

    def rows(self, types: Types) -> Rows:
        """Need the hops of the frame."""
        del types
        return (Window(1, self.hops),)

    def lines(self, x: TensorType) -> int:
        """Return half the length of the transform: the next power of two, and zeros behind."""
        return (1 << (self.hops * x.shape[2] - 1).bit_length()) // 2

    def bank(self, x: TensorType) -> Bank:
        """Return the triangles for the lines of the transform."""
        return _bank(self.lines(x), self.sample_rate_hz, self.bands, self.low_hz, self.high_hz)


def hann(size: int) -> Int16:
    """Return int16 ``[size]``, the window's factors in steps of 1 / 4096."""
    step = F32(np.pi) * F32(2) / F32(size)
    angles = step * (np.arange(size, dtype=F32) + F32(0.5))
    rounded: Int16 = np.floor(
        (F32(0.5) - F32(0.5) * np.cos(angles)) * F32(WHOLE) + F32(0.5)
    ).astype(np.int16)
    return rounded


@cache
def _bank(lines: int, rate: int, bands: int, low_hz: float, high_hz: float) -> Bank:
    """Return the triangles, computed in single precision as the source does."""
    low, high = _mel(low_hz), _mel(high_hz)
    spacing = F32(F32(high - low) / F32(bands + 1))
    centres = [F32(low + F32(spacing * F32(i + 1))) for i in range(bands + 1)]
    per_line = F32(0.5 * rate) / F32(lines)
    first = line = int(F32(1.5) + F32(low_hz) / per_line)
    widths, falling = [], []
    for centre, before in zip(centres, [low, *centres], strict=False):
        begin = line
        while _mel(F32(line) * per_line) <= centre:
            weight = F32(F32(centre - _mel(F32(line) * per_line)) / F32(centre - before))
            falling.append(int(np.floor(F32(weight * F32(WHOLE) + F32(0.5)))))
            line += 1
        widths.append(line - begin)
    return Bank(first, np.array(widths, np.int16), np.array(falling, np.int16))


def _mel(hz: float | np.float32) -> np.float32:
    return F32(F32(1127) * F32(np.log1p(F32(F32(hz) / F32(700)))))


def _sums(products: Int64, at: Int64) -> Int64:
    """Return int64 ``[frame, band + 1]``: the sums between the marks ``at``."""
    running = np.zeros((len(products), products.shape[1] + 1), np.int64)
    np.cumsum(products, axis=1, out=running[:, 1:])
    return running[:, at[1:]] - running[:, at[:-1]]


def _largest(windowed: Int64) -> Int64:
    """Return the largest magnitude in 16 bits, where -32768 has none and does not count."""
    magnitude = np.abs(windowed)
    largest: Int64 = np.where(magnitude > 32767, 0, magnitude).max(axis=1)
    return largest


def _bit_length(x: Int64) -> Int64:
    """Return the position above the highest bit; 0 for 0. Exact below 2**53."""
    return np.frexp(x.astype(np.float64))[1].astype(np.int64)


def _rounded_root(x: Int64) -> Int64:
    """Return the root to the nearest, except that 65535 stays below 2**32."""
    root = isqrt(x)
    up = (x - root * root > root) & ~((x < 1 << 32) & (root == 0xFFFF))
    return np.where(up, root + 1, root)
