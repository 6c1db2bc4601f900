"""Colour to gray: the luminance of red, green and blue.

    y[0, i, j, 0] = (77 * r + 150 * g + 29 * b + 128) >> 8

The weights are those of ITU-R BT.601, 0.299, 0.587 and 0.114, in 256ths; together they are 256, so
gray stays gray and nothing saturates.

Source: ITU-R Recommendation BT.601.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Rows, TensorType, Types, Window

WEIGHTS = (77, 150, 29)
COLOURS = len(WEIGHTS)


@dataclass(frozen=True, slots=True)
class Gray(Op):
    """Luminance of an image.

    Operands:
        x: u8 ``[1, H, W, 3]``: red, green, blue.
    """

    name: ClassVar[str] = "dsp.gray"

    def infer(self, types: Types) -> Types:
        """Return u8 ``[1, H, W, 1]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.U8,))
        (x,) = types
        if len(x.shape) != 4 or x.shape[0] != 1 or x.shape[3] != COLOURS:
            raise ShapeMismatch(f"{self.name}: input {x}; wanted u8[1, H, W, {COLOURS}]")
        return (TensorType((*x.shape[:3], 1), DType.U8, x.quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Weigh the colours of every pixel."""
        del types
        weighed = arrays[0].astype(np.int64) @ np.array(WEIGHTS, np.int64)
        return (((weighed + 128) >> 8).astype(np.uint8)[..., None],)

    def macs(self, types: Types) -> int:
        """Return one for each colour of each pixel."""
        return types[0].size

    def rows(self, types: Types) -> Rows:
        """Need the same line."""
        del types
        return (Window(),)
