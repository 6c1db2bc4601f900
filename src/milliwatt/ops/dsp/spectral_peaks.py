"""The strongest peaks of spectra: where they are, and how strong.

A peak is a frequency ``k`` in ``[first, B - 2]`` whose power exceeds that of ``k - 1`` and is not
below that of ``k + 1``. Of every spectrum of ``B`` powers the ``count`` strongest come out,
strongest first, at equal power the lower frequency first:

    y[0, f, c * 2 * count + i]         = k * 16384 // (B - 1)       of peak i
    y[0, f, c * 2 * count + count + i] = 512 * log2(max(power, 1))   of peak i, as in `dsp.log2`

Where there are fewer peaks both are 0.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.dsp.log2 import FRACTION_BITS, octaves

POSITION_BITS = 14
MAX_BINS = 1 << 15


@dataclass(frozen=True, slots=True)
class SpectralPeaks(Op):
    """Position and octaves of the strongest peaks.

    Operands:
        x: s64 ``[1, F, channels * B]``, zero point 0: spectra of all channels, one after the other.

    Attributes:
        count: peaks of a spectrum.
        first: the lowest frequency that can be one, at least 1.
        channels: spectra in a row.
    """

    name: ClassVar[str] = "dsp.spectral_peaks"

    count: int
    first: int = 1
    channels: int = 1

    def infer(self, types: Types) -> Types:
        """Return s16 ``[1, F, channels * 2 * count]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S64,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s64[1, F, W] with 0"
            )
        if self.channels < 1 or x.shape[2] % self.channels or self.count < 1:
            raise ShapeMismatch(
                f"{self.name}: {self.count} peaks and {self.channels} channels for rows of "
                f"{x.shape[2]}; wanted at least one peak, and a divisor as channels"
            )
        bins = x.shape[2] // self.channels
        if not 1 <= self.first < bins - 1 <= MAX_BINS:
            raise ShapeMismatch(
                f"{self.name}: first {self.first} of {bins} frequencies; wanted 1 to {bins - 2}, "
                f"and at most {MAX_BINS + 1} frequencies"
            )
        shape = (1, x.rows, self.channels * 2 * self.count)
        return (TensorType(shape, DType.S16, Quant((2.0**-FRACTION_BITS,))),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Sort all that is a peak; a first axis longer than 1 is a batch of inputs."""
        bins = types[0].shape[2] // self.channels
        x = arrays[0].astype(np.int64).reshape(*arrays[0].shape[:2], self.channels, bins)
        middle = x[..., self.first : -1]
        peak = (middle > x[..., self.first - 1 : -2]) & (middle >= x[..., self.first + 1 :])
        # peaks first, then by falling power; a stable sort leaves lower frequencies first
        order = np.lexsort((~middle, ~peak), axis=-1)[..., : self.count]
        found = np.take_along_axis(peak, order, axis=-1)
        power = np.take_along_axis(middle, order, axis=-1)
        position = (order + self.first << POSITION_BITS) // (bins - 1)
        pair = np.zeros((*x.shape[:3], 2, self.count), np.int16)
        pair[..., 0, : order.shape[-1]] = np.where(found, position, 0)
        pair[..., 1, : order.shape[-1]] = np.where(found, octaves(np.maximum(power, 1)), 0)
        return (pair.reshape(*x.shape[:2], -1),)

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)
