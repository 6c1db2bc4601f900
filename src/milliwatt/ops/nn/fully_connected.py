"""Fully connected layer: every output is a weighted sum of a whole row.

    y[m,o] = clamp(zy + requantise(bias[o] + sum over k of (x[m,k] - zx) * w[o,k]))

Source: TensorFlow Lite 8-bit quantisation specification, FULLY_CONNECTED.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import clamp, requantize, requantize_wide, wrap_int32
from milliwatt.ops.nn.conv2d import channel_multipliers, want_symmetric, weighted_dtypes


@dataclass(frozen=True, slots=True)
class FullyConnected(Op):
    """Fully connected layer, int8 in and out, int8 weights, int32 bias.

    Or int16 in and out, zero points 0, int8 weights and int64 bias; then sums are 64 bits wide.

    Operands:
        x: s8 or s16 ``[M, K]``.
        w: s8 or s4 ``[O, K]``, zero point 0, one scale, or one for each ``O``.
        bias: s32, or s64 where x is s16, ``[O]``.
    """

    name: ClassVar[str] = "nn.fully_connected"

    out: Quant
    clip: tuple[int, int] = (-128, 127)

    def infer(self, types: Types) -> Types:
        """Return ``[M, O]`` of x's type, or raise `ShapeMismatch`."""
        self._want(types, *weighted_dtypes(types))
        want_symmetric(self.name, types[0], self.out)
        x, w, bias = types
        if len(x.shape) != 2 or len(w.shape) != 2 or x.shape[1] != w.shape[1]:
            raise ShapeMismatch(f"{self.name}: input {x} and weights {w} do not fit together")
        if bias.shape != (w.shape[0],):
            raise ShapeMismatch(
                f"{self.name}: {w.shape[0]} outputs need as many biases, got {bias}"
            )
        return (TensorType((x.shape[0], w.shape[0]), x.dtype, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute in wrapping int32."""
        x, w, bias = arrays
        centred = x.astype(np.float64) - types[0].zero_point
        # float64 sums of int9 by int8 products are exact below 2**36 terms, of int16 below 2**29
        acc = (centred @ w.T.astype(np.float64)).astype(np.int64) + bias.astype(np.int64)
        if types[0].dtype is DType.S16:
            wide = requantize_wide(acc, *channel_multipliers(types[0], types[1], self.out))
            return (clamp(wide, *self.clip, np.dtype(np.int16)),)
        scaled = requantize(wrap_int32(acc), *channel_multipliers(types[0], types[1], self.out))
        return (clamp(scaled + self.out.zero_point, *self.clip, np.dtype(np.int8)),)

    def macs(self, types: Types) -> int:
        """Return one per weight and row."""
        return types[0].shape[0] * types[1].size

    def rows(self, types: Types) -> Rows:
        """Need one row for one row."""
        del types
        return (Window(), None, None)
