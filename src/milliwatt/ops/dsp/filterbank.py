"""A bank of filters over a spectrum: each output is a weighted sum of neighbouring frequencies.

    y[0, f, c * J + j] = sum over i of weights[j][i] * x[0, f, c * B + first[j] + i]

Weights are whole numbers in [0, 2**15]; sums are exact 64-bit integers (they wrap modulo 2**64,
which no sum of powers that `dsp.power_spectrum` makes can do: all of a frame's add up to less
than 2**47). With triangles that overlap this is a mel filter bank, with rectangles it gives the
power in bands.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window

WEIGHT_BITS = 15
"""A weight of 1.0 is ``2**WEIGHT_BITS``."""


@dataclass(frozen=True, slots=True)
class Band:
    """One filter: the weights of consecutive frequencies.

    Attributes:
        first: the lowest frequency's position in the spectrum.
        weights: in steps of ``2**-15``.
    """

    first: int
    weights: tuple[int, ...]

    @property
    def end(self) -> int:
        """The position after the highest frequency."""
        return self.first + len(self.weights)


@dataclass(frozen=True, slots=True)
class Filterbank(Op):
    """Sums of neighbouring frequencies.

    Operands:
        x: s64 ``[1, F, channels * B]``, zero point 0: spectra of all channels, one after the other.

    Attributes:
        bands: the J filters.
        channels: spectra in a row.
    """

    name: ClassVar[str] = "dsp.filterbank"

    bands: tuple[Band, ...]
    channels: int = 1

    def infer(self, types: Types) -> Types:
        """Return s64 ``[1, F, channels * J]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S64,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s64[1, F, W] with 0"
            )
        if self.channels < 1 or x.shape[2] % self.channels or not self.bands:
            raise ShapeMismatch(
                f"{self.name}: {len(self.bands)} bands and {self.channels} channels for rows of "
                f"{x.shape[2]}; wanted at least one band, and a divisor as channels"
            )
        bins = x.shape[2] // self.channels
        for j, band in enumerate(self.bands):
            if not (band.first >= 0 and band.weights and band.end <= bins):
                raise ShapeMismatch(
                    f"{self.name}: band {j} covers frequencies {band.first} to {band.end - 1}; "
                    f"wanted at least one of the {bins} there are"
                )
            if not all(0 <= w <= 1 << WEIGHT_BITS for w in band.weights):
                raise ShapeMismatch(
                    f"{self.name}: a weight of band {j} is outside 0 to {1 << WEIGHT_BITS}"
                )
        quant = Quant((x.scale * 2.0**-WEIGHT_BITS,)) if x.quant else None
        shape = (1, x.shape[1], self.channels * len(self.bands))
        return (TensorType(shape, DType.S64, quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Sum in 64 bits, modulo 2**64; a first axis longer than 1 is a batch of inputs."""
        del types
        x = arrays[0].astype(np.int64, casting="no")
        spectra = x.reshape(*x.shape[:2], self.channels, -1)
        sums = np.stack(
            [spectra[..., b.first : b.end] @ np.array(b.weights, np.int64) for b in self.bands],
            axis=-1,
        )
        return (sums.reshape(*x.shape[:2], -1),)

    def macs(self, types: Types) -> int:
        """Return one for each weight."""
        return types[0].rows * self.channels * sum(len(b.weights) for b in self.bands)

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(),)
