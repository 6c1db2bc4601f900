"""What stands out of the noise, on a logarithmic scale: the end of TensorFlow's micro front end.

Three steps for each band of loudness ``x`` and noise ``n`` (which has ten bits more):

    d = max(((x << 10) - min(n, x << 10)) >> 10, x * 819 >> 14)     noise taken away, 5 % stay
    r = d * gain(n) >> 6                                            gain by the noise (PCAN)
    c = r * r >> 20 if r < 8192 else (r >> 6) - 64                  small ones shrink
    k = round(64 * ln(8 * c)), 0 where 8 * c < 2                    by a table of 128 segments
    y = clamp(zy + floor(k * m / 2^31 + 1/2))

where ``k`` stands for ``0.0390625 * k`` and ``m = 2^31 * 0.0390625 / y.scale``, a single rounding.
``gain`` is ``2^21 * (n / 2^7 + 80)^-0.95`` by parabolas, one for each power of two.

Source: noise reduction, per-channel amplitude normalisation (Wang et al., "Trainable frontend for
robust and far-field keyword spotting", 2017) and log scale of
tensorflow/lite/experimental/microfrontend; compared to the bit with ``pymicro-features``.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Array, Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import clamp

EXTRA_BITS = 10  # of the noise estimate
REMAINS = 819  # of 16384: 5 % of a signal stay whatever the noise
SNR_SHIFT = 6
SMALL = 8192
SEGMENTS = 128
LN2 = 45426  # in steps of 1 / 65536
MASK = 0xFFFFFFFF
UNIT = 0.0390625  # what one step of a logarithm stands for
MOST = 1420  # 64 * ln(2**32), the largest logarithm there can be
EXPECTED = Quant((float(np.float32(26 / 255)),), -128)
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]
F32 = np.float32


@dataclass(frozen=True, slots=True)
class DenoiseLog(Op):
    """Loudness and noise to features.

    Operands:
        x: s32 ``[1, T, bands]``, loudness.
        noise: s32 ``[1, T, bands]``, the estimate that includes the frame.

    Attributes:
        out: the output's quantisation; by default the one that microWakeWord models expect.
    """

    name: ClassVar[str] = "dsp.denoise_log"

    out: Quant = EXPECTED

    def infer(self, types: Types) -> Types:
        """Return s8 of the same shape, or raise `ShapeMismatch`."""
        self._want(types, (DType.S32,), (DType.S32,))
        x, noise = types
        if len(x.shape) != 3 or x.shape[0] != 1 or noise.shape != x.shape:
            raise ShapeMismatch(
                f"{self.name}: {x} in noise {noise}; wanted two of s32[1, T, bands]"
            )
        if self.out.scale[0] <= UNIT:
            raise ShapeMismatch(
                f"{self.name}: output scale {self.out.scale[0]:g}; wanted more than {UNIT}"
            )
        return (TensorType(x.shape, DType.S8, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute in integers wide enough, cut to 32 bits where the device is."""
        del types
        x, noise = arrays
        steps = logarithms(x, noise) * self.multiplier() + (1 << 30) >> 31
        return (clamp(steps + self.out.zero_point, *DType.S8.limits, DType.S8.numpy),)

    def multiplier(self) -> int:
        """Return the steps of the output for one of a logarithm, times 2**31."""
        return round(2**31 * UNIT / self.out.scale[0])

    def rows(self, types: Types) -> Rows:
        """Need the same row of both."""
        del types
        return (Window(), Window())


def logarithms(loudness: Array, noise: Array) -> Int64:
    """Return the features before they are quantised: 0 to `MOST`."""
    x, noise = (a.astype(np.int64) & MASK for a in (loudness, noise))
    loud = x << EXTRA_BITS & MASK
    clean = np.maximum(loud - np.minimum(noise, loud) >> EXTRA_BITS, x * REMAINS >> 14)
    ratio = clean * gain(noise) >> SNR_SHIFT & MASK
    shrunk = np.where(ratio < SMALL, ratio * ratio >> 20, (ratio >> 6) - 64)
    return _log(shrunk << 3 & MASK)


def gain(noise: Int64) -> Int64:
    """Return the gain for each noise, by the parabola of its power of two."""
    table = gain_table().astype(np.int64)
    bits = np.frexp(noise.astype(np.float64))[1].astype(np.int64)
    y0, a1, a2 = (table[np.maximum(bits - 1, 0), k] for k in range(3))
    fraction = np.where(
        bits < 11, noise << np.maximum(11 - bits, 0), noise >> np.maximum(bits - 11, 0)
    )
    fraction = fraction & 0x3FF
    curve = ((a2 * fraction >> 5) + (a1 << 5)) * fraction
    return np.where(noise == 0, table[0, 3], (curve + (1 << 14) >> 15) + y0)


@cache
def gain_table() -> Int16:
    """Return int16 ``[32, 4]``: by bits less one, value and two coefficients of the parabola.

    The fourth column pads; its first entry is the gain without noise.
    """
    table = np.zeros((32, 4), np.int16)
    table[0] = (_gain(1), 0, 0, _gain(0))
    for bits in range(2, 33):
        x0 = 1 << (bits - 1)
        x2 = 2 * x0 if bits < 32 else 2 * x0 - 1
        y0, y1, y2 = _gain(x0), _gain(x0 + x0 // 2), _gain(x2)
        a1 = 4 * (y1 - y0) - (y2 - y0)
        table[bits - 1, :3] = y0, a1, (y2 - y0) - a1
    return table


@cache
def log_table() -> npt.NDArray[np.uint16]:
    """Return uint16 ``[130]``: ``log2(1 + s / 128) - s / 128`` in steps of 1 / 65536."""
    s = np.arange(SEGMENTS + 1) / SEGMENTS
    rise = np.rint((np.log2(1 + s) - s) * 65536)
    return np.append(rise, 0).astype(np.uint16)


def _gain(noise: int) -> int:
    base = F32(F32(noise) / F32(128)) + F32(80)
    value = F32(2097152) * F32(base ** F32(-0.95))
    return 32767 if value > 32767 else int(F32(value + F32(0.5)))


def _log(x: Int64) -> Int64:
    """Return ``round(64 * ln(x))`` by the table, 0 below 2."""
    whole = np.frexp(np.maximum(x, 2).astype(np.float64))[1].astype(np.int64) - 1
    rest = np.maximum(x, 2) - (np.int64(1) << whole)
    fraction = np.where(
        whole < 16, rest << np.maximum(16 - whole, 0), rest >> np.maximum(whole - 16, 0)
    )
    table, segment = log_table().astype(np.int64), fraction >> 9
    low, high = table[segment], table[segment + 1]
    inside = (high - low) * (fraction - (segment << 9)) >> 16
    log2 = (whole << 16) + fraction + low + inside
    log_e = LN2 * log2 + 32768 >> 16
    return np.where(x < 2, 0, (log_e << 6) + 32768 >> 16)
