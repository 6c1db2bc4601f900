"""Operators that move or convert elements give the bits of TensorFlow Lite Micro."""

from collections.abc import Sequence

import numpy as np
import pytest
from tflm.build import ModelBuilder

from milliwatt.ir import Array, DType, Op, Quant, TensorType
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.quantize import Quantize
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose
from milliwatt.run.tflm import Tflm

pytest.importorskip("tflite_micro", reason="the oracle is the optional package tflite-micro")

Q = Quant((0.5,), -3)
NAMES = {d: d.numpy.name for d in DType}


def tflm(
    op: Op,
    inputs: Sequence[Array],
    types: Sequence[TensorType],
    name: str,
    *constants: Sequence[object],
    **options: object,
) -> Array:
    """Return what the reference's operator ``name`` gives for ``inputs`` and integer constants."""
    m = ModelBuilder()
    (y,) = op.infer(tuple(types))
    operands = [add(m, f"x{i}", t) for i, t in enumerate(types)]
    extra = [m.constant(f"c{i}", np.array(c, np.int32)) for i, c in enumerate(constants)]
    out = add(m, "y", y)
    m.op(name, [*operands, *extra], [out], **options)
    (result,) = Tflm(m.finish(operands, [out])).run(inputs)
    return result


def add(m: ModelBuilder, name: str, t: TensorType) -> int:
    """Add a tensor of type ``t`` to the model."""
    scale, zero = (t.quant.scale[0], t.quant.zero_point) if t.quant else (None, 0)
    return m.tensor(name, t.shape, scale=scale, zero=zero, dtype=NAMES[t.dtype])


def noise(t: TensorType, seed: int = 0) -> Array:
    """Return random elements over the whole range of an integer type."""
    low, high = t.dtype.limits
    values = np.random.default_rng(seed).integers(low, high, t.shape, endpoint=True)
    return values.astype(t.dtype.numpy)


def check(
    op: Op, types: Sequence[TensorType], name: str, *constants: Sequence[object], **options: object
) -> None:
    """Compare the operator's definition with the reference on noise."""
    arrays = tuple(noise(t, i) for i, t in enumerate(types))
    (ours,) = op.evaluate(tuple(types), arrays)
    theirs = tflm(op, arrays, types, name, *constants, **options)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)
    assert len(np.unique(ours)) > 10


@pytest.mark.parametrize(("axis", "operands"), [(1, 2), (2, 3), (3, 4)])
@pytest.mark.parametrize("dtype", [DType.S8, DType.S16])
def test_concatenation(axis, operands, dtype):
    shapes = [[1, 4, 3, 2] for _ in range(operands)]
    for i, s in enumerate(shapes):
        s[axis] = i + 1
    types = [TensorType(tuple(s), dtype, Q if dtype is DType.S8 else Quant((0.5,))) for s in shapes]
    check(Concatenation(axis), types, "CONCATENATION", Axis=axis)


def test_pad():
    x = TensorType((1, 4, 3, 2), DType.S8, Q)
    pads = ((0, 0), (1, 2), (0, 1), (3, 0))
    check(Pad(pads), [x], "PAD", pads)


def test_strided_slice():
    x = TensorType((1, 8, 7, 5), DType.S8, Q)
    begin, end, strides = (0, 1, 6, 1), (1, 8, 0, 4), (1, 2, -2, 1)
    op = StridedSlice(begin, strides, (1, 4, 3, 3))
    check(op, [x], "STRIDED_SLICE", begin, end, strides)


@pytest.mark.parametrize("perm", [(0, 2, 1, 3), (3, 1, 0, 2), (0, 3, 1, 2)])
@pytest.mark.parametrize("dtype", [DType.S8, DType.S16])
def test_transpose(perm, dtype):
    check(Transpose(perm), [TensorType((2, 3, 4, 5), dtype, Quant((0.5,)))], "TRANSPOSE", perm)


PAIRS = [
    (DType.S8, DType.S16), (DType.S8, DType.S32), (DType.S16, DType.S8), (DType.S16, DType.S16),
    (DType.S16, DType.S32), (DType.S32, DType.S8), (DType.S32, DType.S16), (DType.U8, DType.S8),
    (DType.S8, DType.U8), (DType.S8, DType.S8),
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p[0].value}-{p[1].value}")
@pytest.mark.parametrize("ratio", [1.0, 0.25, 0.0627, 3.7])
def test_requantize(pair, ratio):
    zero_x, zero_y = ({DType.S8: -5, DType.U8: 121}.get(d, 0) for d in pair)
    per_step = 2.0 ** (8 * (pair[0].bytes - pair[1].bytes))  # the input's range is the output's
    out = Quant((float(np.float32(0.125 / ratio * per_step)),), zero_y)
    x = TensorType((1, 2000), pair[0], Quant((0.125,), zero_x))
    check(Requantize(out, pair[1]), [x], "QUANTIZE")


@pytest.mark.parametrize("dtype", [DType.S8, DType.S16])
@pytest.mark.parametrize("scale", [0.1, 0.5, 1e-4])
def test_quantize(dtype, scale):
    scale32, zero = float(np.float32(scale)), 7 if dtype is DType.S8 else 0
    op, x = Quantize(Quant((scale32,), zero), dtype), TensorType((1, 4000), DType.F32)
    rng = np.random.default_rng(0)
    values = rng.normal(0, 60 * scale, 4000).astype(np.float32)
    values[::3] = np.float32(scale) * (rng.integers(-200, 200, len(values[::3])) + np.float32(0.5))
    values[:4] = [1e6 * scale, -1e6 * scale, 0.49999997 * scale, -0.0]
    (ours,) = op.evaluate((x,), (values[None],))
    np.testing.assert_array_equal(ours, tflm(op, (values[None],), (x,), "QUANTIZE"))
    assert len(np.unique(ours)) > 100


@pytest.mark.parametrize("dtype", [DType.S8, DType.U8, DType.S16])
@pytest.mark.parametrize("scale", [0.1, 1 / 3, 1e-36])
def test_dequantize(dtype, scale):
    quant = Quant((float(np.float32(scale)),), 0 if dtype is DType.S16 else 3)
    check(Dequantize(), [TensorType((1, 3000), dtype, quant)], "DEQUANTIZE")
