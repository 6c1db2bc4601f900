"""Tables of 8-bit functions against TensorFlow Lite Micro, for every input and many scales."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from tflm.build import ModelBuilder

from milliwatt.importers.tflite import unary
from milliwatt.ir import Array, DType, Quant, TensorType
from milliwatt.run.tflm import Tflm

pytest.importorskip(
    "tflite_micro", reason="tflite-micro is not installed: pip install 'milliwatt[tflm]'"
)

TYPES = {"int8": DType.S8, "uint8": DType.U8, "int16": DType.S16}
Function = Callable[[TensorType, TensorType], Array]


def type_of(dtype: str, scale: float, zero: int) -> TensorType:
    return TensorType((1, 256), TYPES[dtype], Quant((float(np.float32(scale)),), zero))


def interpreted(name: str, x: TensorType, y: TensorType, **options: object) -> Array:
    m = ModelBuilder()
    a, b = (
        m.tensor(n, t.shape, scale=t.scale, zero=t.zero_point, dtype=t.dtype.numpy.name)
        for n, t in (("x", x), ("y", y))
    )
    m.op(name, [a], [b], **options)
    low, high = x.dtype.limits
    everything = np.arange(low, high + 1).astype(x.dtype.numpy).reshape(1, 256)
    (out,) = Tflm(m.finish([a], [b])).run([everything])
    return out.ravel()


SCALES = [1e-7, 0.0004, 0.01, 0.02352941, 0.0625, 0.1, 0.25, 0.31, 1.0, 7.3, 200.0]


@pytest.mark.parametrize("zero", [-128, -1, 0, 36, 127])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("name", "function", "out_scale", "out_zero"),
    [("LOGISTIC", unary.logistic, 1 / 256, -128), ("TANH", unary.tanh, 1 / 128, 0)],
)
def test_sigmoids(
    name: str, function: Function, out_scale: float, out_zero: int, scale: float, zero: int
) -> None:
    x, y = type_of("int8", scale, zero), type_of("int8", out_scale, out_zero)
    np.testing.assert_array_equal(function(x, y), interpreted(name, x, y))


@pytest.mark.parametrize("seed", range(40))
def test_rescaling_functions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = float(10 ** rng.uniform(-4, 1))
    # A ratio just beside a short binary fraction tells single from double precision by its ties.
    ratio = (
        float(10 ** rng.uniform(-1.5, 1.5))
        if seed % 2
        else float(rng.choice([1, 1.25, 1.5, 0.75, 2.5]))
    )
    out_scale = scale / ratio
    x = type_of("int8", scale, int(rng.integers(-128, 128)))
    y = type_of("int8", out_scale, int(rng.integers(-128, 128)))
    alpha = float(np.float32(rng.uniform(-0.5, 1.5)))
    for name, function, options in (
        ("QUANTIZE", unary.requantized, {}),
        ("RELU", unary.relu, {}),
        ("RELU6", unary.relu6, {}),
        ("LEAKY_RELU", partial(unary.leaky_relu, alpha=alpha), {"Alpha": alpha}),
    ):
        np.testing.assert_array_equal(
            function(x, y), interpreted(name, x, y, **options), err_msg=name
        )


@pytest.mark.parametrize(
    ("source", "target"), [("int8", "uint8"), ("uint8", "int8"), ("int8", "int16")]
)
@pytest.mark.parametrize("seed", range(8))
def test_quantize_between_types(source: str, target: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = float(10 ** rng.uniform(-4, 1))
    x, y = type_of(source, scale, 0), type_of(target, scale, 0)
    zero_x, zero_y = (
        0 if t.dtype is DType.S16 else int(rng.integers(*t.dtype.limits)) for t in (x, y)
    )
    factor = 1.0 if seed == 0 else float(10 ** rng.uniform(-1, 1))
    x, y = type_of(source, scale, zero_x), type_of(target, scale * factor, zero_y)
    np.testing.assert_array_equal(unary.requantized(x, y), interpreted("QUANTIZE", x, y))
