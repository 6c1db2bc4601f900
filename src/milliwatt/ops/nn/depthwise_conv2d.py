"""Depthwise convolution in two dimensions.

Each input channel meets its own filters; channels are never summed. With
``m = C_out / C``, output channel ``o`` reads input channel ``o // m``.

    y[n,i,j,o] = clamp(zy + requantise(bias[o] + sum over (p,q) of
                 (x[n, i*sh + p*dh - top, j*sw + q*dw - left, o // m] - zx) * w[p,q,o]))

Pixels outside the image read as the zero point, hence add nothing.

Source: TensorFlow Lite 8-bit quantisation specification, DEPTHWISE_CONV_2D.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import clamp, requantize, requantize_wide, wrap_int32
from milliwatt.ops.nn.conv2d import (
    channel_multipliers,
    image_size,
    taps,
    want_symmetric,
    weighted_dtypes,
)


@dataclass(frozen=True, slots=True)
class DepthwiseConv2d(Op):
    """Depthwise convolution, int8 in and out, per-channel int8 weights, int32 bias.

    Or int16 in and out, zero points 0, int8 weights and int64 bias; then sums are 64 bits wide.

    Operands:
        x: s8 or s16 ``[1, H, W, C]``.
        w: s8 ``[KH, KW, O]``, zero point 0, one scale for each ``O``, a multiple of ``C``.
        bias: s32, or s64 where x is s16, ``[O]``, scale ``x.scale * w.scale[o]``.
    """

    name: ClassVar[str] = "nn.depthwise_conv2d"

    out: Quant
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)  # top, bottom, left, right
    dilation: tuple[int, int] = (1, 1)
    clip: tuple[int, int] = (-128, 127)

    def infer(self, types: Types) -> Types:
        """Return ``[1, OH, OW, O]`` of x's type, or raise `ShapeMismatch`."""
        self._want(types, *weighted_dtypes(types))
        want_symmetric(self.name, types[0], self.out)
        if types[1].dtype is DType.S4:
            raise ShapeMismatch(f"{self.name}: weights are s4; only s8 is supported here")
        x, w, bias = types
        if len(x.shape) != 4 or len(w.shape) != 3 or w.shape[2] % x.shape[3]:
            raise ShapeMismatch(f"{self.name}: input {x} and filter {w} do not fit together")
        if bias.shape != (w.shape[2],):
            raise ShapeMismatch(
                f"{self.name}: {w.shape[2]} filters need as many biases, got {bias}"
            )
        if x.shape[0] != 1:
            raise ShapeMismatch(
                f"{self.name}: batch is {x.shape[0]}; only a batch of 1 is supported"
            )
        oh, ow = image_size(self.name, x, w.shape[:2], self.stride, self.dilation, self.pad)
        return (TensorType((1, oh, ow, w.shape[2]), x.dtype, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute tap by tap in wrapping int32: slow, and plainly the formula above."""
        x, w, bias = arrays
        (y,) = self.infer(types)
        multiplier = y.shape[3] // types[0].shape[3]
        acc = np.broadcast_to(bias.astype(np.int64), y.shape)
        for p, q in np.ndindex(*w.shape[:2]):
            window = taps(x, types[0], y, (p, q), self.stride, self.dilation, self.pad)
            acc = acc + np.repeat(window, multiplier, axis=3) * w[p, q].astype(np.int64)
        if types[0].dtype is DType.S16:
            wide = requantize_wide(acc, *channel_multipliers(types[0], types[1], self.out))
            return (clamp(wide, *self.clip, y.dtype.numpy),)
        scaled = requantize(wrap_int32(acc), *channel_multipliers(types[0], types[1], self.out))
        return (clamp(scaled + self.out.zero_point, *self.clip, y.dtype.numpy),)

    def macs(self, types: Types) -> int:
        """Return one per output element and filter tap."""
        (y,) = self.infer(types)
        return y.size * types[1].shape[0] * types[1].shape[1]

    def rows(self, types: Types) -> Rows:
        """Need the filter's height of rows."""
        span = (types[1].shape[0] - 1) * self.dilation[0] + 1
        return (Window(self.stride[0], span, self.pad[0]), None, None)
