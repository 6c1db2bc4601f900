"""An image in another size: every new pixel is the mean of the area that it covers.

    y[0, i, j, c] = round(sum over p, q of down[i, p] * across[j, q] * x[0, p, q, c] / (H * W))

where ``down[i, p]`` says how much of line ``p`` new line ``i`` covers, in parts of which a line has
``OH``; ``across`` likewise. All of them are whole numbers, so the mean is exact before its one
rounding, halves up. Where it enlarges, pixels become blocks.

Shrinking by whole factors streams line by line as average pooling; this takes any other size and
the whole image.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, TensorType, Types
from milliwatt.ops.fixed import Int64

MOST_PIXELS = 1 << 23
"""Of the image: 255 times as much, and half of it for rounding, stay within 32 bits."""


@dataclass(frozen=True, slots=True)
class Resize(Op):
    """Area-averaging resize.

    Operands:
        x: u8 ``[1, H, W, C]``.

    Attributes:
        height: lines of the result.
        width: pixels in a line of the result.
    """

    name: ClassVar[str] = "dsp.resize"

    height: int
    width: int

    def infer(self, types: Types) -> Types:
        """Return u8 ``[1, height, width, C]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.U8,))
        (x,) = types
        if len(x.shape) != 4 or x.shape[0] != 1 or x.shape[1] * x.shape[2] > MOST_PIXELS:
            raise ShapeMismatch(
                f"{self.name}: input {x}; wanted u8[1, H, W, C] of at most {MOST_PIXELS} pixels"
            )
        if self.height < 1 or self.width < 1:
            raise ShapeMismatch(f"{self.name}: {self.height} x {self.width}; wanted at least 1 x 1")
        return (TensorType((1, self.height, self.width, x.shape[3]), DType.U8, x.quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Weigh rows, then columns."""
        (x,) = types
        _, h, w, _ = x.shape
        lines = np.einsum("ip,npqc->niqc", cover(h, self.height), arrays[0].astype(np.int64))
        sums = np.einsum("jq,niqc->nijc", cover(w, self.width), lines)
        return (((sums + h * w // 2) // (h * w)).astype(np.uint8),)

    def macs(self, types: Types) -> int:
        """Return one for each old pixel that a new one touches."""
        _, h, w, c = types[0].shape
        touched = [int((cover(a, b) > 0).sum()) for a, b in ((h, self.height), (w, self.width))]
        return touched[0] * touched[1] * c


def cover(old: int, new: int) -> Int64:
    """Return int64 ``[new, old]``: how much of each old stretch a new one covers, of ``new``."""
    begin = np.arange(new)[:, None] * old
    at = np.arange(old) * new
    both = np.minimum(begin + old, at + new) - np.maximum(begin, at)
    covered: Int64 = np.maximum(both, 0)
    return covered
