"""The 16-bit real Fourier transform of TensorFlow's micro front end, exact to the bit.

A complex transform of half the length by butterflies of four, each stage scaled by a quarter so
that nothing overflows, then a step that parts the even from the odd half of a real signal. Results
of additions wrap to int16, products are rounded to the nearest, ties up.

Source: the fixed-point arithmetic of KISS FFT by Mark Borgerding (16 bits, radix 4), which the
front end uses; the shape of the algorithm is Cooley and Tukey's, decimation in time.
"""

import math

import numpy as np
import numpy.typing as npt

from milliwatt.ir.types import Array

Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]
ONE = 32767
HALF, QUARTER = ONE // 2, ONE // 4
ROUND, BITS = 1 << 14, 15


def is_power_of_four(n: int) -> bool:
    """Tell whether ``n`` is 4, 16, 64 and so on."""
    return n >= 4 and n & (n - 1) == 0 and n.bit_length() % 2 == 1


def twiddles(n: int) -> Int16:
    """Return int16 ``[n, 2]``: real and imaginary part of ``exp(-2 pi i k / n)``, times 32767."""
    return _roots([-2 * math.pi * k / n for k in range(n)])


def split_twiddles(n: int) -> Int16:
    """Return int16 ``[n / 2, 2]``, the factors that part ``2 n`` real numbers packed as ``n``."""
    return _roots([-math.pi * ((k + 1) / n + 0.5) for k in range(n // 2)])


def real_fft(x: Int16) -> tuple[Int64, Int64]:
    """Return real and imaginary parts of the spectrum of int16 ``[…, 2 n]``: each ``[…, n + 1]``.

    ``n`` must be a power of four. The spectrum is scaled by ``1 / (2 n)``.
    """
    n = x.shape[-1] // 2
    re, im = _complex_fft(x[..., 0::2].astype(np.int64), x[..., 1::2].astype(np.int64), n)
    re, im = _product(re, HALF), _product(im, HALF)
    out_re, out_im = (np.zeros((*x.shape[:-1], n + 1), np.int64) for _ in range(2))
    out_re[..., 0] = _wrap(re[..., 0] + im[..., 0])
    out_re[..., n] = _wrap(re[..., 0] - im[..., 0])
    k = np.arange(1, n // 2 + 1)
    sum_re, sum_im = _wrap(re[..., k] + re[..., n - k]), _wrap(im[..., k] - im[..., n - k])
    dif_re, dif_im = _wrap(re[..., k] - re[..., n - k]), _wrap(im[..., k] + im[..., n - k])
    turned_re, turned_im = _turn(dif_re, dif_im, split_twiddles(n))
    # where k meets n - k, in the middle, the second assignment stands, as in the source
    out_re[..., k], out_im[..., k] = (sum_re + turned_re) >> 1, (sum_im + turned_im) >> 1
    out_re[..., n - k] = (sum_re - turned_re) >> 1
    out_im[..., n - k] = (turned_im - sum_im) >> 1
    return _wrap(out_re), _wrap(out_im)


def _complex_fft(re: Int64, im: Int64, n: int) -> tuple[Int64, Int64]:
    """Return the transform of ``[…, n]``, a quarter of each stage's sums."""
    if n == 1:
        return re, im
    m = n // 4
    parts = [_complex_fft(re[..., k::4], im[..., k::4], m) for k in range(4)]
    w = twiddles(n)
    j = np.arange(m)
    a_re, a_im = (_product(p, QUARTER) for p in parts[0])
    (b_re, b_im), (c_re, c_im), (d_re, d_im) = (
        _turn(_product(parts[k][0], QUARTER), _product(parts[k][1], QUARTER), w[k * j])
        for k in (1, 2, 3)
    )
    even_re, even_im = _wrap(a_re + c_re), _wrap(a_im + c_im)
    odd_re, odd_im = _wrap(a_re - c_re), _wrap(a_im - c_im)
    sum_re, sum_im = _wrap(b_re + d_re), _wrap(b_im + d_im)
    dif_re, dif_im = _wrap(b_re - d_re), _wrap(b_im - d_im)
    out_re = (even_re + sum_re, odd_re + dif_im, even_re - sum_re, odd_re - dif_im)
    out_im = (even_im + sum_im, odd_im - dif_re, even_im - sum_im, odd_im + dif_re)
    return _wrap(np.concatenate(out_re, axis=-1)), _wrap(np.concatenate(out_im, axis=-1))


def _turn(re: Int64, im: Int64, by: Int16) -> tuple[Int64, Int64]:
    """Return complex products, rounded."""
    c, s = by[..., 0].astype(np.int64), by[..., 1].astype(np.int64)
    return _rounded(re * c - im * s), _rounded(re * s + im * c)


def _product(x: Int64, factor: int) -> Int64:
    return _rounded(x * factor)


def _rounded(x: Int64) -> Int64:
    return _wrap((x + ROUND) >> BITS)


def _wrap(x: Array) -> Int64:
    return x.astype(np.int16).astype(np.int64)


def _roots(phases: list[float]) -> Int16:
    pairs = [(math.cos(phase), math.sin(phase)) for phase in phases]
    return np.floor(0.5 + ONE * np.array(pairs)).astype(np.int16)
