"""Power of every frequency of overlapping, tapered frames: windowing, transform and square in one.

    y[0, f, c * B + k] = |sum over t of x[f * hop + t, c] * taper[t] * w**(k t)| ** 2

where ``w = exp(-2 pi j / points)``. A frame is ``frame`` samples of one channel, followed by
zeros up to ``points``; ``B = points / 2 + 1`` frequencies from 0 to half the sampling rate come
out, channel after channel. A row may hold several samples (a hop of audio) or one (a reading of
all channels of a sensor); frames begin with a row.

The fixed-point meaning of the transform is that of `ops/real_fft.py`; the result counts in whole
steps of ``(x.scale * 2**-f) ** 2``, with ``f = RealFft.fraction_bits``. One operator does it all
so that neither frames nor complex numbers take memory of their own: the transform runs in the
output row.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.real_fft import MAX_POINTS, MIN_POINTS, RealFft, Taper

FRAMES_AT_ONCE = 512  # whose numbers still fit a processor's cache


@dataclass(frozen=True, slots=True)
class PowerSpectrum(Op):
    """Power spectra of frames.

    Operands:
        x: s16 ``[1, R, S * channels]``, zero point 0: rows of S samples, channels interleaved.

    Attributes:
        frame: samples of a frame.
        hop_rows: rows from the beginning of one frame to that of the next.
        points: length of the transform, a power of two, at least ``frame``.
        channels: signals of which a sample consists.
        taper: the window function.
    """

    name: ClassVar[str] = "dsp.power_spectrum"

    frame: int
    hop_rows: int
    points: int
    channels: int = 1
    taper: Taper = Taper.HANN

    @property
    def transform(self) -> RealFft:
        """The transform of one frame of one channel."""
        return RealFft(self.points, self.frame, self.taper)

    def infer(self, types: Types) -> Types:
        """Return s64 ``[1, F, channels * B]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s16[1, R, W] with 0"
            )
        if self.channels < 1 or x.shape[2] % self.channels:
            raise ShapeMismatch(
                f"{self.name}: rows of {x} hold {x.shape[2]} numbers; wanted a multiple of the "
                f"{self.channels} channels"
            )
        if self.points.bit_count() != 1 or not MIN_POINTS <= self.points <= MAX_POINTS:
            raise ShapeMismatch(
                f"{self.name}: a transform of {self.points} points; wanted a power of two, "
                f"{MIN_POINTS} to {MAX_POINTS}"
            )
        if not (2 <= self.frame <= self.points and self.hop_rows >= 1):
            raise ShapeMismatch(
                f"{self.name}: frames of {self.frame} samples every {self.hop_rows} rows; "
                f"wanted 2 to {self.points} samples, and at least 1 row"
            )
        span = self.span_rows(x)
        if x.rows < span:
            raise ShapeMismatch(f"{self.name}: a frame of {span} rows is longer than the input {x}")
        frames = (x.rows - span) // self.hop_rows + 1
        transform = self.transform
        quant = None
        if x.quant is not None:
            step = x.scale * 2.0**-transform.fraction_bits
            quant = Quant((float(np.float32(step * step)),))
        return (TensorType((1, frames, self.channels * transform.bins), DType.S64, quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Transform many frames at once; a first axis longer than 1 is a batch of inputs."""
        (y,) = self.infer(types)
        x = arrays[0]
        transform, span = self.transform, self.span_rows(types[0])
        windows = np.lib.stride_tricks.sliding_window_view(x, span, axis=1)[:, :: self.hop_rows]
        windows = windows[:, : y.rows].swapaxes(2, 3)  # [N, F, row, number in the row]
        out = np.empty((len(x) * y.rows * self.channels, transform.bins), np.int64)
        per_input = y.rows * self.channels
        at_once = max(1, FRAMES_AT_ONCE // per_input)
        for i in range(0, len(x), at_once):
            some = windows[i : i + at_once].reshape(-1, y.rows, x.shape[2] * span)
            samples = some.reshape(-1, x.shape[2] * span // self.channels, self.channels)
            columns = samples[:, : self.frame].transpose(1, 0, 2).reshape(self.frame, -1)
            powers = transform.powers(columns.astype(np.int16, casting="no"))
            out[i * per_input : i * per_input + powers.shape[1]] = powers.T
        return (out.reshape(len(x), y.rows, -1),)

    def macs(self, types: Types) -> int:
        """Return four for each butterfly of radix 2, and two for each power."""
        (y,) = self.infer(types)
        m = self.transform.half
        return y.rows * self.channels * (2 * m * (m.bit_length() - 1) + 2 * m)

    def rows(self, types: Types) -> Rows:
        """Need the rows that a frame touches."""
        return (Window(self.hop_rows, self.span_rows(types[0])),)

    def span_rows(self, x: TensorType) -> int:
        """Return how many rows a frame touches."""
        return -(-self.frame * self.channels // x.shape[2])
