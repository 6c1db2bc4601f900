"""Mean and standard deviation of every frame, channel by channel, in whole numbers.

A frame is ``frame`` consecutive rows; one begins every ``hop`` rows. With ``n = frame``:

    y[0, f, c]     = round(S1 / n)                          S1 = sum of x, S2 = sum of x * x
    y[0, f, C + c] = round(sqrt(n * S2 - S1 * S1) / n)

Both round to the nearest, ties away from zero; the deviation is that of the population and
saturates at 32767. Input, mean and deviation share one scale. No float is involved:
``round(sqrt(D) / n) = floor((floor(sqrt(4 * D)) + n) / (2 * n))`` for whole ``D``.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.integer import isqrt, rounded_divide

MAX_FRAME = 32767
"""With longer frames ``4 * (n * S2 - S1 * S1)`` could exceed 2**62."""


@dataclass(frozen=True, slots=True)
class FrameStatistics(Op):
    """Mean and deviation of frames: all means of a frame, then all deviations.

    Operands:
        x: s16 ``[1, T, C]``, zero point 0.

    Attributes:
        frame: rows in a frame.
        hop: rows from the beginning of one frame to that of the next.
    """

    name: ClassVar[str] = "dsp.frame_statistics"

    frame: int
    hop: int

    def infer(self, types: Types) -> Types:
        """Return s16 ``[1, F, 2 * C]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s16[1, T, C] with 0"
            )
        if not (1 <= self.frame <= MAX_FRAME and self.hop >= 1):
            raise ShapeMismatch(
                f"{self.name}: frame {self.frame}, hop {self.hop}; "
                f"wanted 1 to {MAX_FRAME} rows, and at least 1"
            )
        if x.rows < self.frame:
            raise ShapeMismatch(
                f"{self.name}: a frame of {self.frame} rows is longer than the input {x}"
            )
        frames = (x.rows - self.frame) // self.hop + 1
        quant = Quant((x.scale,)) if x.quant else None
        return (TensorType((1, frames, 2 * x.shape[2]), DType.S16, quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Sum frame by frame in int64; a first axis longer than 1 is a batch of inputs."""
        (y,) = self.infer(types)
        x, n = arrays[0].astype(np.int64), self.frame
        starts = range(0, y.rows * self.hop, self.hop)
        frames = np.stack([x[:, s : s + n] for s in starts], axis=1)
        s1, s2 = frames.sum(axis=2), (frames * frames).sum(axis=2)
        deviation = (isqrt(4 * (n * s2 - s1 * s1)) + n) // (2 * n)
        both = np.concatenate([rounded_divide(s1, n), np.minimum(deviation, 32767)], axis=2)
        return (both.astype(np.int16),)

    def macs(self, types: Types) -> int:
        """Return one for each square."""
        (y,) = self.infer(types)
        return y.rows * self.frame * types[0].shape[2]

    def rows(self, types: Types) -> Rows:
        """Need the rows of the frame."""
        del types
        return (Window(self.hop, self.frame),)
