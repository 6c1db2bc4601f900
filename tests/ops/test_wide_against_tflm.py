"""Weighted sums of int16 mean what TensorFlow Lite Micro computes, 64-bit sums and all."""

import numpy as np
import pytest
from tflm.build import ModelBuilder

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.run.tflm import Tflm

pytest.importorskip("tflite_micro", reason="tflite-micro, the reference, is not installed")
INT16 = (-32768, 32767)
VALID = 1


def scale(rng, around):
    return float(np.float32(around * 2.0 ** rng.uniform(-1, 1)))


def drawn(rng, x_shape, w_shape, axis, channels):
    """Return types and arrays of operands, and an output scale that saturates a little."""
    x = TensorType(x_shape, DType.S16, Quant((scale(rng, 1e-3),)))
    scales = tuple(scale(rng, 1e-2) for _ in range(channels))
    w = TensorType(w_shape, DType.S8, Quant(scales, 0, axis))
    bias = TensorType((channels,), DType.S64)
    arrays = (
        rng.integers(*INT16, x_shape, endpoint=True).astype(np.int16),
        rng.integers(-127, 128, w_shape).astype(np.int8),
        rng.integers(-(2**33), 2**33, channels),
    )
    taps = int(np.prod(w_shape)) / channels
    out = Quant((scale(rng, x.scale * 1e-2 * 73 * taps**0.5),))
    return (x, w, bias), arrays, out


def check(op, name, types, arrays, tflite_weights, axis, **options):
    (y,) = op.infer(types)
    m = ModelBuilder()
    x_type, w_type, _ = types
    x = m.tensor("x", x_type.shape, dtype="int16", scale=x_type.scale, zero=0)
    scales = w_type.quant.scale
    w = m.tensor(
        "w", tflite_weights.shape, scale=scales, zero=[0] * len(scales), axis=axis,
        data=tflite_weights,
    )  # fmt: skip
    products = [float(np.float32(x_type.scale) * np.float32(s)) for s in scales]
    b = m.tensor(
        "b", arrays[2].shape, dtype="int64", scale=products, zero=[0] * len(products), axis=0,
        data=arrays[2],
    )  # fmt: skip
    out = m.tensor("y", y.shape, dtype="int16", scale=y.scale, zero=0)
    m.op(name, [x, w, b], [out], **options)
    (wanted,) = Tflm(m.finish([x], [out])).run(arrays[:1])
    (got,) = op.evaluate(types, arrays)
    assert got.dtype == np.int16
    np.testing.assert_array_equal(got, wanted.reshape(got.shape))


@pytest.fixture(params=range(12))
def rng(request):
    return np.random.default_rng(request.param)


def test_convolution(rng):
    c, o, k = (int(n) for n in rng.integers(1, 5, 3))
    types, arrays, out = drawn(rng, (1, 6, 5, c), (o, k, 2, c), 0, o)
    stride = (int(rng.integers(1, 3)), 1)
    op = Conv2d(out, stride, clip=INT16)
    check(op, "CONV_2D", types, arrays, arrays[1], 0, StrideH=stride[0], StrideW=1, Padding=VALID,
          DilationHFactor=1, DilationWFactor=1)  # fmt: skip


def test_depthwise_convolution(rng):
    c, k = (int(n) for n in rng.integers(1, 5, 2))
    types, arrays, out = drawn(rng, (1, 6, 5, c), (k, 2, c), 2, c)
    op = DepthwiseConv2d(out, clip=INT16)
    check(op, "DEPTHWISE_CONV_2D", types, arrays, arrays[1][None], 3, StrideH=1, StrideW=1,
          Padding=VALID, DepthMultiplier=1, DilationHFactor=1, DilationWFactor=1)  # fmt: skip


def test_fully_connected(rng):
    k, o = (int(n) for n in rng.integers(1, 40, 2))
    types, arrays, out = drawn(rng, (2, k), (o, k), 0, 1 if o == 1 else o)
    one = Quant(types[1].quant.scale[:1])  # TFLM has one scale for the weights of this layer
    types = (types[0], TensorType((o, k), DType.S8, one), types[2])
    op = FullyConnected(out, clip=INT16)
    check(op, "FULLY_CONNECTED", types, arrays, arrays[1], 0)


def test_zero_points_are_refused():
    types = (
        TensorType((1, 2), DType.S16, Quant((1.0,), 3)),
        TensorType((1, 2), DType.S8, Quant((1.0,))),
        TensorType((1,), DType.S64),
    )
    with pytest.raises(ShapeMismatch, match="zero points 3 and 0; wanted 0"):
        FullyConnected(Quant((1.0,))).infer(types)


def test_mixed_widths_are_refused():
    types = (
        TensorType((1, 2), DType.S16, Quant((1.0,))),
        TensorType((1, 2), DType.S8, Quant((1.0,))),
        TensorType((1,), DType.S32),
    )
    with pytest.raises(ShapeMismatch, match="operand 2 is s32"):
        FullyConnected(Quant((1.0,))).infer(types)
