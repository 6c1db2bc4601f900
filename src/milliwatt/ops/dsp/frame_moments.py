"""RMS, skewness and kurtosis of every frame, channel by channel, in whole numbers.

A frame is ``frame`` consecutive rows; one begins every ``hop`` rows. With ``n = frame``,
deviations ``d`` from the mean rounded to whole counts, and moments ``m_k = sum of d**k / n``:

    y[0, f, c]         = 512 * log2(sqrt(m_2))         RMS in octaves, at least a quarter count
    y[0, f, C + c]     = 512 * m_3 / m_2**1.5          skewness
    y[0, f, 2 * C + c] = 512 * log2(m_4 / m_2**2)      kurtosis in octaves, log2(3) if normal

The logarithm is that of `dsp.log2`, halved after that of ``n`` is taken off, rounded upward. For
the others deviations are shifted so that the largest has 11 bits, to the right with rounding,
ties upward; then with ``S_k`` for the sum of ``d**k``, all divisions rounded to the nearest, ties
away from zero, and all roots rounded down:

    v = S_2 * 16 / n         w = sqrt(S_2 * 2**18 / n)
    skewness = (S_3 / n) * 2**22 / (v * w)
    kurtosis = 512 * log2(max(1, (S_4 / n) * 2**17 / v**2 / 512))

saturating at int16. A frame that never changes has 0 for both.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.dsp.log2 import FRACTION_BITS, floor_log2, octaves
from milliwatt.ops.fixed import Int64, clamp
from milliwatt.ops.integer import isqrt, rounded_divide

MAX_FRAME = 4096
"""With longer frames the variance of one outlier would have too few bits."""
DEVIATION_BITS = 11
FEATURES = 3
ONE, LOG2_ONE = 512, 9 * 512  # of a ratio in steps of 1/512


@dataclass(frozen=True, slots=True)
class FrameMoments(Op):
    """Shape of a frame's values: all RMS, then all skewness, then all kurtosis.

    Operands:
        x: s16 ``[1, T, C]``, zero point 0.

    Attributes:
        frame: rows in a frame.
        hop: rows from the beginning of one frame to that of the next.
    """

    name: ClassVar[str] = "dsp.frame_moments"

    frame: int
    hop: int

    def infer(self, types: Types) -> Types:
        """Return s16 ``[1, F, 3 * C]`` in steps of 1/512, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s16[1, T, C] with 0"
            )
        if not (2 <= self.frame <= MAX_FRAME and self.hop >= 1):
            raise ShapeMismatch(
                f"{self.name}: frame {self.frame}, hop {self.hop}; "
                f"wanted 2 to {MAX_FRAME} rows, and at least 1"
            )
        if x.rows < self.frame:
            raise ShapeMismatch(
                f"{self.name}: a frame of {self.frame} rows is longer than the input {x}"
            )
        frames = (x.rows - self.frame) // self.hop + 1
        shape = (1, frames, FEATURES * x.shape[2])
        return (TensorType(shape, DType.S16, Quant((2.0**-FRACTION_BITS,))),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Sum in int64; a first axis longer than 1 is a batch of inputs."""
        (y,) = self.infer(types)
        x, n = arrays[0].astype(np.int64), self.frame
        starts = range(0, y.rows * self.hop, self.hop)
        frames = np.stack([x[:, s : s + n] for s in starts], axis=1)
        d = frames - rounded_divide(frames.sum(axis=2), n)[:, :, None]
        rms = self._rms((d * d).sum(axis=2))
        small = _with_bits(d, np.abs(d).max(axis=2))
        squares = small * small
        s2, s3 = squares.sum(axis=2), (squares * small).sum(axis=2)
        s4 = (squares * squares).sum(axis=2)
        flat = s2 == 0
        v = np.where(flat, 1, rounded_divide(s2 << 4, n))
        w = np.where(flat, 1, isqrt(rounded_divide(s2 << 18, n)))
        skewness = rounded_divide(rounded_divide(s3, n) << 22, v * w)
        ratio = rounded_divide(rounded_divide(s4, n) << 17, v * v)
        kurtosis = octaves(np.maximum(ratio, ONE)).astype(np.int64) - LOG2_ONE
        all_ = np.concatenate([rms, skewness, kurtosis], axis=2)
        return (clamp(all_, *DType.S16.limits, DType.S16.numpy),)

    def macs(self, types: Types) -> int:
        """Return four for each sample."""
        (y,) = self.infer(types)
        return 4 * y.rows * self.frame * types[0].shape[2]

    def rows(self, types: Types) -> Rows:
        """Need the rows of the frame."""
        del types
        return (Window(self.hop, self.frame),)

    @property
    def least_energy(self) -> int:
        """The sum of squares at an RMS of a quarter count, rounded up."""
        return -(-self.frame // 16)

    @property
    def log2_frame(self) -> int:
        """The octaves of ``frame``."""
        return int(octaves(np.array([self.frame], np.int64))[0])

    def _rms(self, energy: Int64) -> Int64:
        octave = octaves(np.maximum(energy, self.least_energy)).astype(np.int64)
        return (octave - self.log2_frame + 1) >> 1


def _with_bits(d: Int64, largest: Int64) -> Int64:
    """Return ``d`` [N, F, n, C], shifted until ``largest`` [N, F, C] has `DEVIATION_BITS`."""
    shift = DEVIATION_BITS - 1 - floor_log2(np.maximum(largest, 1))
    left, right = np.maximum(shift, 0)[:, :, None], np.maximum(-shift, 0)[:, :, None]
    half = (np.int64(1) << right) >> 1
    shifted: Int64 = ((d << left) + half) >> right
    return shifted
