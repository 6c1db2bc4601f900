"""A real Fourier transform in fixed point: taper, decimation in time, power of each bin.

``N`` real samples, tapered, become ``M = N / 2`` complex numbers ``x[2i] + j x[2i+1]``, on which
butterflies of radix 2 work in order of bit-reversed position; with ``L`` half the length of one:

    L = 1, 2:  y0 = a + w b                   y1 = a - w b                w = 1 or -j, exact
    L >= 4:    y0 = a + round(b2 w / 2)       y1 = 2 a - y0               w = exp(-j pi i / L)

Nothing is ever halved, so there is no question of how much headroom a frame has: instead the
taper gives each sample ``2**guard / M`` steps, and once more a factor of two for each butterfly
with ``L >= 4`` that it enters as ``b``. Such a number ``b2 = 2 b`` has used up that factor after
the butterfly. Factors and growth make up for each other, and no number exceeds 31 bits.

Products are those of 32-bit numbers, of which the high word counts, rounded to the nearest with
ties upward, real and imaginary parts each rounded on their own. Roots are held as ``2**31``
steps, 1.0 as one less. The spectrum of the real samples follows from that of the complex ones:

    X[k] = E + w O, w = exp(-j pi k / M)
    E = (Z[k] + Z*[M-k]) / 2, O = (Z[k] - Z*[M-k]) / 2j

Here `DROP` bits are dropped so that real and imaginary parts stay within 2**23; their
squares add up to the power, at most 2**47.

The error against exact arithmetic is 0.6 steps of ``X`` on average; for a frame of 480 samples
that is a sixth of what rounding them to whole counts brings. `tests/ops/test_real_fft.py` derives a
bound.

Source: Cooley and Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series",
1965; the butterfly of two fused multiplications is Linzer and Feig's, "Implementation of
Efficient FFT Algorithms on Fused Multiply-Add Architectures", 1993.
"""

import math
from dataclasses import dataclass
from enum import Enum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from milliwatt.ops.fixed import INT32_MAX, Int32, Int64

DROP = 7
"""Bits dropped between the transform and the spectrum, which leaves 23."""
MIN_POINTS, MAX_POINTS = 16, 4096
_ROUND = np.int64(1) << 31


class Taper(Enum):
    """The window function that a frame is multiplied with."""

    RECTANGULAR = "rectangular"
    HANN = "hann"
    HAMMING = "hamming"

    def values(self, length: int) -> NDArray[np.float64]:
        """Return float64 ``[length]``, one period of the function, as for spectral analysis."""
        if self is Taper.RECTANGULAR:
            return np.ones(length)
        low = 0.5 if self is Taper.HANN else 0.54
        turns = [math.cos(2 * math.pi * i / length) for i in range(length)]
        return low - (1 - low) * np.array(turns)


@dataclass(frozen=True, slots=True)
class RealFft:
    """A transform of `points` real samples, of which the first `frame` are given and tapered.

    Attributes:
        points: a power of two, `MIN_POINTS` to `MAX_POINTS`.
        frame: 1 to `points`; zeros follow.
        taper: the window function.
    """

    points: int
    frame: int
    taper: Taper

    @property
    def half(self) -> int:
        """``M``, the complex numbers that are transformed."""
        return self.points // 2

    @property
    def bins(self) -> int:
        """Frequencies from 0 to half the sampling rate."""
        return self.half + 1

    @property
    def guard(self) -> int:
        """Steps of the complex numbers, ``2**guard / M`` for a sample's step: 14 or 15.

        M complex numbers, each of two 16-bit samples, add up to less than 2**(15.5 + guard). The
        real spectrum, in which they count twice, is at most ``2**15`` times the sum of the taper
        instead; with 15 that is 2**30 where the taper's mean is at most a half of ``points``.
        """
        return 15 if float(self.taper.values(self.frame).sum()) <= self.half * (1 + 1e-9) else 14

    @property
    def fraction_bits(self) -> int:
        """``f``, where the spectrum counts in steps of ``2**-f`` times a sample's step."""
        return self.guard - (self.half.bit_length() - 1) - DROP

    def tapers(self) -> Int32:
        """Return s32 ``[frame]``: what samples are multiplied with, in ``2**-16`` steps."""
        position = np.arange(self.frame) // 2
        doublings = _ones(reversal(self.half)[position] >> 2)
        exponent = 16 + self.guard - (self.half.bit_length() - 1) + doublings
        return _rounded(self.taper.values(self.frame) * np.exp2(exponent))

    def roots(self) -> Int32:
        """Return s32 ``[M / 2, 2]``: cosine and minus sine of ``2 pi i / M``, in ``2**-31``.

        The second quarter turn repeats the first, turned: where one holds ``c, s``, the other holds
        ``s, -c`` to the bit, which lets kernels do with half of them.
        """
        first = _unit_roots(np.arange(self.half // 4) / self.half, 31)
        return np.concatenate([first, np.stack([first[:, 1], -first[:, 0]], axis=1)])

    def split_roots(self) -> Int32:
        """Return s32 ``[M / 2, 2]``: those of ``2 pi k / N``, in ``2**-(31 - DROP)``."""
        return _unit_roots(np.arange(self.half // 2) / self.points, 31 - DROP)

    def powers(self, frames: NDArray[np.int16]) -> Int64:
        """Return int64 ``[bins, n]`` of int16 ``[frame, n]``: the power of every frequency.

        The axis of frames comes last, so that each step works on long rows.
        """
        re, im = self._tapered(frames)
        _transform(re, im, self.roots().astype(np.int64))
        return self._split(re, im)

    def _tapered(self, frames: NDArray[np.int16]) -> tuple[Int64, Int64]:
        """Return real and imaginary parts ``[M, n]`` at their bit-reversed positions."""
        steps = np.zeros((self.points, frames.shape[1]), np.int64)
        np.multiply(frames, self.tapers()[:, None], out=steps[: self.frame], dtype=np.int64)
        steps >>= 16
        order = reversal(self.half)
        return steps[0::2][order], steps[1::2][order]

    def _split(self, re: Int64, im: Int64) -> Int64:
        """Return the power of real samples from the transform of their pairs."""
        m, d = self.half, DROP
        k, power = np.arange(1, m // 2), np.empty((m + 1, re.shape[1]), np.int64)
        half = np.int64(1) << (d - 1)
        power[0] = ((re[0] + im[0] + half) >> d) ** 2
        power[m] = ((re[0] - im[0] + half) >> d) ** 2
        power[m // 2] = ((re[m // 2] + half) >> d) ** 2 + ((im[m // 2] + half) >> d) ** 2
        even_re, even_im = re[k] + re[m - k], im[k] - im[m - k]
        odd_re, odd_im = im[k] + im[m - k], re[m - k] - re[k]
        c, s = (column[k, None] for column in self.split_roots().astype(np.int64).T)
        x_re, x_im = even_re >> (d + 1), even_im >> (d + 1)
        x_re, x_im = _add_product(x_re, x_im, odd_re, odd_im, c, s)
        power[k] = x_re * x_re + x_im * x_im
        x_re, x_im = (even_re >> d) - x_re, (even_im >> d) - x_im
        power[m - k] = x_re * x_re + x_im * x_im
        return power


@cache
def reversal(size: int) -> NDArray[np.int64]:
    """Return int64 ``[size]``: each index with its bits in reverse, ``size`` a power of two."""
    order = np.zeros(1, np.int64)
    while len(order) < size:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order


def _transform(re: Int64, im: Int64, roots: Int64) -> None:
    """Apply all butterflies in place to ``[M, n]``."""
    m, n = re.shape
    span = 1
    while span < m:
        a_re, b_re = re.reshape(-1, 2, span, n).swapaxes(0, 1)
        a_im, b_im = im.reshape(-1, 2, span, n).swapaxes(0, 1)
        if span < 4:
            y_re, y_im = a_re + b_re, a_im + b_im
            low_re, low_im = a_re - b_re, a_im - b_im
            if span == 2:  # i = 1 turns b by -j
                y_re[:, 1], y_im[:, 1] = a_re[:, 1] + b_im[:, 1], a_im[:, 1] - b_re[:, 1]
                low_re[:, 1], low_im[:, 1] = a_re[:, 1] - b_im[:, 1], a_im[:, 1] + b_re[:, 1]
        else:
            c, s = (column[:, None] for column in roots[:: m // (2 * span)].T)
            y_re, y_im = _add_product(a_re, a_im, b_re, b_im, c, s)
            low_re, low_im = 2 * a_re - y_re, 2 * a_im - y_im
        a_re[...], a_im[...], b_re[...], b_im[...] = y_re, y_im, low_re, low_im
        span *= 2


def _add_product(
    a_re: Int64, a_im: Int64, b_re: Int64, b_im: Int64, c: Int64, s: Int64
) -> tuple[Int64, Int64]:
    """Return ``a + b * (c + js) / 2**32``, each of the four products rounded, ties upward."""
    y_re = a_re + ((b_re * c + _ROUND) >> 32) + ((_ROUND - b_im * s) >> 32)
    y_im = a_im + ((b_im * c + _ROUND) >> 32) + ((b_re * s + _ROUND) >> 32)
    return y_re, y_im


def _unit_roots(turns: NDArray[np.float64], bits: int) -> Int32:
    angles = [2 * math.pi * t for t in turns]
    pairs = np.array([[math.cos(a), -math.sin(a)] for a in angles])
    return _rounded(pairs * 2.0**bits)


def _rounded(values: NDArray[np.float64]) -> Int32:
    """Return the nearest integers; 2**31, which no int32 holds, becomes one less."""
    rounded: Int32 = np.minimum(np.rint(values), INT32_MAX).astype(np.int32)
    return rounded


def _ones(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many bits of each are set."""
    return np.array([int(v).bit_count() for v in values.reshape(-1)], np.int64).reshape(
        values.shape
    )
