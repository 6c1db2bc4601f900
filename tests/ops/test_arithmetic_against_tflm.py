"""Operators mean what TensorFlow Lite Micro computes, over many sizes and quantisations."""

import numpy as np
import pytest
from tflm.build import ModelBuilder

from milliwatt.ir import Array, DType, Op, Quant, TensorType
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.sub import Sub
from milliwatt.run.tflm import Tflm

pytest.importorskip("tflite_micro", reason="tflite-micro, the reference, is not installed")
Rng = np.random.Generator
SAME, VALID = 0, 1
SEEDS = range(25)


@pytest.fixture(params=SEEDS)
def rng(request) -> Rng:
    return np.random.default_rng(request.param)


@pytest.mark.parametrize(("op", "name"), [(Add, "ADD"), (Sub, "SUB"), (Mul, "MUL")])
def test_elementwise_operators(op, name, rng):
    shapes = (1, *rng.integers(1, 6, 3))
    a = _type(_some_ones(shapes, rng), rng)
    b = _type(_some_ones(shapes, rng), rng)
    # from a scale that saturates most of the output to one that uses little of it
    typical = (a.scale + b.scale) / 2 if op is not Mul else a.scale * b.scale * 30
    out = Quant((_scale(rng, typical),), _zero(rng))
    for constant in (False, True):
        _check(op(out), name, (a, b), rng, constant=constant)


@pytest.mark.parametrize(("op", "name"), [(Add, "ADD"), (Sub, "SUB"), (Mul, "MUL")])
def test_every_pair_of_numbers(op, name, rng):
    # scales near multiples of each other, where ties show the last bit of a multiplier
    fine = _scale(rng, 0.05)
    a, b, y = (float(np.float32(fine * 2.0 ** rng.integers(-2, 3))) for _ in range(3))
    near = float(np.nextafter(np.float32(a), np.float32(1)))
    y = y if op is not Mul else float(np.float32(a * b * 64))
    row = np.arange(-128, 128, dtype=np.int8)
    types = (
        TensorType((256, 1), DType.S8, Quant((near,), _zero(rng))),
        TensorType((1, 256), DType.S8, Quant((b,), _zero(rng))),
    )
    arrays = (row.reshape(256, 1), row.reshape(1, 256))
    _check(op(Quant((y,), _zero(rng))), name, types, rng, arrays=arrays)


def test_the_clamp_of_a_fused_activation(rng):
    a, b = _type((1, 40), rng), _type((1, 40), rng)
    out = Quant((_scale(rng, a.scale),), _zero(rng))
    _check(
        Add(out, (max(-128, out.zero_point), 127)), "ADD", (a, b), rng, FusedActivationFunction=1
    )


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize(
    ("op", "name"), [(AveragePool2d, "AVERAGE_POOL_2D"), (MaxPool2d, "MAX_POOL_2D")]
)
def test_pooling(op, name, padding, rng):
    x = _type((1, *rng.integers(5, 10, 2), rng.integers(1, 4)), rng)
    window, stride = _pair(rng, 5), _pair(rng, 3)
    pad = (0, 0, 0, 0)
    if padding == SAME:
        pad = (*_same(x.shape[1], window[0], stride[0]), *_same(x.shape[2], window[1], stride[1]))
    _check(
        op(x.quantized, window, stride, pad), name, (x,), rng,
        StrideH=stride[0], StrideW=stride[1],
        FilterHeight=window[0], FilterWidth=window[1], Padding=padding,
    )  # fmt: skip


def test_global_average_pooling(rng):
    x = _type((1, *rng.integers(1, 40, 2), rng.integers(1, 4)), rng)
    _check(
        GlobalAveragePool(x.quantized), "AVERAGE_POOL_2D", (x,), rng,
        StrideH=1, StrideW=1, FilterHeight=x.shape[1], FilterWidth=x.shape[2], Padding=VALID,
    )  # fmt: skip


@pytest.mark.parametrize("keep_dims", [False, True])
@pytest.mark.parametrize("axes", [(1, 2), (2, 1), (1,), (2,), (-1,), (1, 3), (1, 2, 3), (0, 1, 2)])
def test_mean(axes, keep_dims, rng):
    x = _type((1, *rng.integers(1, 30, 3)), rng)
    keep_dims = keep_dims or 1 not in axes  # other rows than the input's are refused
    op = Mean(Quant((_scale(rng, x.scale / 4),), _zero(rng)), axes, keep_dims)
    _check(op, "MEAN", (x,), rng, axes=axes, KeepDims=keep_dims)


def test_mean_of_large_and_small_scales(rng):
    x = TensorType(
        (1, int(rng.integers(1, 200)), 3), DType.S8, Quant((_scale(rng, 0.1),), _zero(rng))
    )
    out = Quant((_scale(rng, float(2.0 ** rng.integers(-30, 12))),), _zero(rng))
    _check(Mean(out, (1,)), "MEAN", (x,), rng, axes=(1,), KeepDims=False)


def test_softmax(rng):
    depth = int(rng.choice([1, 2, 3, 12, 100, 500]))
    scale = float(np.float32(2.0 ** rng.uniform(-15, 5)))
    shape = tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 4)))
    x = TensorType((*shape, depth), DType.S8, Quant((scale,), _zero(rng)))
    beta = float(np.float32(rng.choice([1.0, 0.3, 2.0])))
    _check(Softmax(beta), "SOFTMAX", (x,), rng, Beta=beta)


def _check(
    op: Op,
    name: str,
    types: tuple[TensorType, ...],
    rng: Rng,
    *,
    constant: bool = False,
    axes: tuple[int, ...] = (),
    arrays: tuple[Array, ...] = (),
    **options: object,
) -> None:
    """Compare, on noise where nothing is given; the last operand may be a constant of the file."""
    (y,) = op.infer(types)
    arrays = arrays or tuple(_noise(t, rng) for t in types)
    m = ModelBuilder()
    tensors = []
    for i, (t, data) in enumerate(zip(types, arrays, strict=True)):
        known = data if constant and i > 0 else None
        tensors.append(m.tensor(f"x{i}", t.shape, scale=t.scale, zero=t.zero_point, data=known))
    inputs = tensors[:1] if constant else list(tensors)
    if axes:
        tensors.append(m.constant("axes", np.array(axes, np.int32)))
    out = m.tensor("y", y.shape, scale=y.scale, zero=y.zero_point)
    m.op(name, tensors, [out], **options)
    (wanted,) = Tflm(m.finish(inputs, [out])).run(arrays[: len(inputs)])
    (got,) = op.evaluate(types, arrays)
    np.testing.assert_array_equal(got, wanted.reshape(got.shape))


def _noise(t: TensorType, rng: Rng) -> Array:
    """Return noise of any width around any place in the range."""
    low, high = np.sort(rng.integers(-128, 128, 2))
    return rng.integers(low, high + 1, t.shape).astype(np.int8)


def _type(shape: tuple[int, ...], rng: Rng) -> TensorType:
    return TensorType(
        tuple(int(n) for n in shape), DType.S8, Quant((_scale(rng, 0.05),), _zero(rng))
    )


def _scale(rng: Rng, typical: float) -> float:
    return float(np.float32(typical * 2 ** rng.uniform(-2, 2)))


def _zero(rng: Rng) -> int:
    return int(rng.choice([-128, 0, 127, rng.integers(-128, 128)]))


def _pair(rng: Rng, most: int) -> tuple[int, int]:
    return int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))


def _same(size: int, window: int, stride: int) -> tuple[int, int]:
    """Return the padding before and after under TensorFlow's SAME."""
    total = max(0, (-(-size // stride) - 1) * stride + window - size)
    return total // 2, total - total // 2


def _some_ones(shape: tuple[int, ...], rng: Rng) -> tuple[int, ...]:
    """Return ``shape`` with some axes 1, such that two of these still broadcast to two loops."""
    kind = rng.integers(5)
    if kind == 0:
        return (1, 1, 1, shape[3])
    if kind == 1:
        return (1, shape[1], 1, 1)
    return shape if kind < 4 else (1, 1, shape[2], 1)
