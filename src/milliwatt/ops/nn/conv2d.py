"""Convolution in two dimensions.

    y[n,i,j,o] = clamp(zy + requantise(bias[o] + sum over (p,q,c) of
                 (x[n, i*sh + p*dh - top, j*sw + q*dw - left, c] - zx) * w[o,p,q,c]))

Pixels outside the image read as the zero point, hence add nothing. With groups, output channel
``o`` reads the ``C / groups`` input channels of its group.

Source: TensorFlow Lite 8-bit quantisation specification, CONV_2D.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Array, Arrays, DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.fixed import (
    Int32,
    clamp,
    quantize_multipliers,
    requantize,
    requantize_wide,
    wrap_int32,
)


@dataclass(frozen=True, slots=True)
class Conv2d(Op):
    """Convolution, int8 in and out, int8 weights with one scale an output channel, int32 bias.

    Or int16 in and out, zero points 0, int8 weights and int64 bias; then sums are 64 bits wide.

    Operands:
        x: s8 or s16 ``[N, H, W, C]``.
        w: s8 or s4 ``[O, KH, KW, C]``, zero point 0, one scale for each ``O``.
        bias: s32, or s64 where x is s16, ``[O]``, scale ``x.scale * w.scale[o]``.
    """

    name: ClassVar[str] = "nn.conv2d"

    out: Quant
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)  # top, bottom, left, right
    dilation: tuple[int, int] = (1, 1)
    clip: tuple[int, int] = (-128, 127)

    def infer(self, types: Types) -> Types:
        """Return ``[N, OH, OW, O]`` of x's type, or raise `ShapeMismatch`."""
        self._want(types, *weighted_dtypes(types))
        want_symmetric(self.name, types[0], self.out)
        x, w, bias = types
        if len(x.shape) != 4 or len(w.shape) != 4 or x.shape[3] != w.shape[3]:
            raise ShapeMismatch(f"{self.name}: input {x} and filter {w} do not fit together")
        if bias.shape != (w.shape[0],):
            raise ShapeMismatch(
                f"{self.name}: {w.shape[0]} filters need as many biases, got {bias}"
            )
        if x.shape[0] != 1:
            raise ShapeMismatch(
                f"{self.name}: batch is {x.shape[0]}; only a batch of 1 is supported"
            )
        oh, ow = image_size(self.name, x, w.shape[1:3], self.stride, self.dilation, self.pad)
        return (TensorType((x.shape[0], oh, ow, w.shape[0]), x.dtype, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute tap by tap, in int8 with wrapping int32: slow, and plainly the formula above."""
        x, w, bias = arrays
        (y,) = self.infer(types)
        acc = np.broadcast_to(bias.astype(np.int64), y.shape)
        for p, q in np.ndindex(*w.shape[1:3]):
            window = taps(x, types[0], y, (p, q), self.stride, self.dilation, self.pad)
            # float64 products of int16 by int8 summed over C < 2**29 are exact, and use BLAS
            products = window.astype(np.float64) @ w[:, p, q].T.astype(np.float64)
            acc = acc + products.astype(np.int64)
        if types[0].dtype is DType.S16:
            wide = requantize_wide(acc, *channel_multipliers(types[0], types[1], self.out))
            return (clamp(wide, *self.clip, y.dtype.numpy),)
        scaled = requantize(wrap_int32(acc), *channel_multipliers(types[0], types[1], self.out))
        return (clamp(scaled + self.out.zero_point, *self.clip, y.dtype.numpy),)

    def macs(self, types: Types) -> int:
        """Return one per output element, filter tap and input channel."""
        (y,) = self.infer(types)
        return y.size * int(np.prod(types[1].shape[1:]))

    def rows(self, types: Types) -> Rows:
        """Need the filter's height of rows."""
        span = (types[1].shape[1] - 1) * self.dilation[0] + 1
        return (Window(self.stride[0], span, self.pad[0]), None, None)


def weighted_dtypes(types: Types) -> tuple[tuple[DType, ...], ...]:
    """Return what operands of a weighted sum may be, given what the first is."""
    if types and types[0].dtype is DType.S16:
        return (DType.S16,), (DType.S8,), (DType.S64,)
    return (DType.S8,), (DType.S8, DType.S4), (DType.S32,)


def want_symmetric(name: str, x: TensorType, out: Quant) -> None:
    """Raise `ShapeMismatch` where int16 has zero points."""
    if x.dtype is DType.S16 and (x.zero_point or out.zero_point):
        raise ShapeMismatch(
            f"{name}: s16 with zero points {x.zero_point} and {out.zero_point}; wanted 0 for both"
        )


def image_size(
    name: str,
    x: TensorType,
    kernel: tuple[int, ...],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    pad: tuple[int, int, int, int],
) -> tuple[int, int]:
    """Return the height and width that a window leaves of ``x``, or raise `ShapeMismatch`."""
    span_h = (kernel[0] - 1) * dilation[0] + 1
    span_w = (kernel[1] - 1) * dilation[1] + 1
    oh = (x.shape[1] + pad[0] + pad[1] - span_h) // stride[0] + 1
    ow = (x.shape[2] + pad[2] + pad[3] - span_w) // stride[1] + 1
    if min(oh, ow) < 1:
        raise ShapeMismatch(
            f"{name}: a {span_h}x{span_w} window is larger than the padded image {x}"
        )
    return oh, ow


def taps(
    x: Array,
    x_type: TensorType,
    y: TensorType,
    tap: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    pad: tuple[int, int, int, int],
) -> Int32:
    """Return what filter tap ``(p, q)`` meets at each output pixel: int32 ``[N, OH, OW, C]``.

    The zero point is subtracted; outside the image there are zeros.
    """
    top, bottom, left, right = pad
    centred = x.astype(np.int32) - x_type.zero_point
    padded = np.pad(centred, ((0, 0), (top, bottom), (left, right), (0, 0)))
    at_h, at_w = tap[0] * dilation[0], tap[1] * dilation[1]
    _, oh, ow, _ = y.shape
    rows = slice(at_h, at_h + (oh - 1) * stride[0] + 1, stride[0])
    columns = slice(at_w, at_w + (ow - 1) * stride[1] + 1, stride[1])
    return padded[:, rows, columns]


def channel_multipliers(x: TensorType, w: TensorType, out: Quant) -> tuple[Int32, Int32]:
    """Return mantissas and shifts, one for each scale of ``w``, computed in double precision."""
    return quantize_multipliers(x.scale * s / out.scale[0] for s in w.quantized.scale)
