"""Small int8 models, one or more for every operator that the importer speaks.

``MODELS`` maps a name to a function of a seeded generator; ``small_model(name, seed)`` gives the
file. Scales are drawn so that outputs use most of their range on random inputs.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from tflm.build import ModelBuilder

Rng = np.random.Generator
SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3


def small_model(name: str, seed: int = 0) -> bytes:
    """Return the .tflite file of the model called ``name``."""
    return MODELS[name](np.random.default_rng(seed))


def _scale(rng: Rng, typical: float = 0.05) -> float:
    return float(np.float32(typical * 2 ** rng.uniform(-1, 1)))


def _zero(rng: Rng) -> int:
    return int(rng.integers(-100, 100))


def _weights(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(-127, 128, shape).astype(np.int8)


def _out_size(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    if padding == SAME:
        return -(-size // stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def conv_2d(
    rng: Rng,
    *,
    shape: tuple[int, int, int] = (7, 6, 3),
    filters: int = 5,
    kernel: tuple[int, int] = (3, 2),
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    padding: int = SAME,
    activation: int = NONE,
    multiplier: int = 0,
    bias: bool = True,
    per_channel: bool = True,
) -> bytes:
    """CONV_2D, or DEPTHWISE_CONV_2D where ``multiplier`` is given."""
    (h, w, c), (kh, kw) = shape, kernel
    filters = c * multiplier if multiplier else filters
    m = ModelBuilder()
    x_scale, depth = _scale(rng), kh * kw * (1 if multiplier else c)
    count = filters if per_channel else 1
    scales = [_scale(rng, 0.01) for _ in range(count)]
    x = m.tensor("x", (1, h, w, c), scale=x_scale, zero=_zero(rng))
    taps = (1, kh, kw, filters) if multiplier else (filters, kh, kw, c)
    weights = m.constant("w", _weights(rng, taps), scale=scales, axis=3 if multiplier else 0)
    inputs = [x, weights]
    if bias:
        values = rng.integers(-20000, 20000, filters).astype(np.int32)
        inputs.append(
            m.constant("b", values, scale=[float(np.float32(x_scale * s)) for s in scales])
        )
    oh = _out_size(h, kh, stride[0], dilation[0], padding)
    ow = _out_size(w, kw, stride[1], dilation[1], padding)
    y_scale = float(np.float32(x_scale * 0.01 * 60 * np.sqrt(depth)))
    y = m.tensor("y", (1, oh, ow, filters), scale=y_scale, zero=_zero(rng))
    options = {
        "Padding": padding,
        "StrideH": stride[0],
        "StrideW": stride[1],
        "FusedActivationFunction": activation,
        "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1],
    }
    if multiplier:
        m.op("DEPTHWISE_CONV_2D", inputs, [y], DepthMultiplier=multiplier, **options)
    else:
        m.op("CONV_2D", inputs, [y], **options)
    return m.finish([x], [y])


def fully_connected(
    rng: Rng,
    *,
    shape: tuple[int, ...] = (1, 11),
    units: int = 6,
    activation: int = NONE,
    bias: bool = True,
    per_channel: bool = False,
    keep_dims: bool = False,
) -> bytes:
    """FULLY_CONNECTED over the last axis, or over everything for a batch of 1."""
    depth = shape[-1] if keep_dims else int(np.prod(shape))
    m = ModelBuilder()
    x_scale = _scale(rng)
    scales = [_scale(rng, 0.01) for _ in range(units if per_channel else 1)]
    x = m.tensor("x", shape, scale=x_scale, zero=_zero(rng))
    inputs = [x, m.constant("w", _weights(rng, (units, depth)), scale=scales)]
    if bias:
        values = rng.integers(-20000, 20000, units).astype(np.int32)
        inputs.append(
            m.constant("b", values, scale=[float(np.float32(x_scale * s)) for s in scales])
        )
    out = (*shape[:-1], units) if keep_dims else (1, units)
    y = m.tensor("y", out, scale=float(np.float32(x_scale * 0.6 * np.sqrt(depth))), zero=_zero(rng))
    m.op("FULLY_CONNECTED", inputs, [y], FusedActivationFunction=activation, KeepNumDims=keep_dims)
    return m.finish([x], [y])


def binary(
    rng: Rng,
    name: str,
    *,
    first: tuple[int, ...] = (1, 4, 3, 5),
    second: tuple[int, ...] = (1, 4, 3, 5),
    activation: int = NONE,
    constant: bool = False,
) -> bytes:
    """ADD, SUB or MUL of two inputs, or of one and a constant."""
    m = ModelBuilder()
    scales = _scale(rng), _scale(rng)
    a = m.tensor("a", first, scale=scales[0], zero=_zero(rng))
    if constant:
        b = m.constant("b", _weights(rng, second), scale=scales[1], zero=_zero(rng))
    else:
        b = m.tensor("b", second, scale=scales[1], zero=_zero(rng))
    wide = scales[0] * scales[1] * 100 if name == "MUL" else max(scales) * 1.4
    out = np.broadcast_shapes(first, second)
    y = m.tensor("y", out, scale=float(np.float32(wide)), zero=_zero(rng))
    m.op(name, [a, b], [y], FusedActivationFunction=activation)
    return m.finish([a] if constant else [a, b], [y])


def pool(
    rng: Rng,
    name: str,
    *,
    shape: tuple[int, int, int] = (7, 6, 3),
    window: tuple[int, int] = (3, 2),
    stride: tuple[int, int] = (2, 1),
    padding: int = SAME,
    activation: int = NONE,
) -> bytes:
    """AVERAGE_POOL_2D or MAX_POOL_2D."""
    m = ModelBuilder()
    scale, zero = _scale(rng), _zero(rng)
    x = m.tensor("x", (1, *shape), scale=scale, zero=zero)
    oh = _out_size(shape[0], window[0], stride[0], 1, padding)
    ow = _out_size(shape[1], window[1], stride[1], 1, padding)
    y = m.tensor("y", (1, oh, ow, shape[2]), scale=scale, zero=zero)
    m.op(
        name, [x], [y], Padding=padding, StrideH=stride[0], StrideW=stride[1],
        FilterHeight=window[0], FilterWidth=window[1], FusedActivationFunction=activation,
    )  # fmt: skip
    return m.finish([x], [y])


def unary(
    rng: Rng,
    name: str,
    *,
    shape: tuple[int, ...] = (1, 5, 4, 3),
    out: tuple[float, int] | None = None,
    source: str = "int8",
    target: str = "int8",
    **options: object,
) -> bytes:
    """An operator of one tensor that keeps the shape."""
    m = ModelBuilder()
    scale = _scale(rng)
    x_zero = {"int8": _zero(rng), "uint8": int(rng.integers(20, 230))}.get(source, 0)
    y_zero = {"int8": _zero(rng), "uint8": int(rng.integers(20, 230))}.get(target, 0)
    x = m.tensor(
        "x", shape, scale=None if source == "float32" else scale, zero=x_zero, dtype=source
    )
    y_scale, y_zero = out or (float(np.float32(scale * 0.8)), y_zero)
    y = m.tensor(
        "y", shape, scale=None if target == "float32" else y_scale, zero=y_zero, dtype=target
    )
    m.op(name, [x], [y], **options)
    return m.finish([x], [y])


def rearranged(
    rng: Rng,
    name: str,
    shape: tuple[int, ...],
    out: tuple[int, ...],
    *parameters: object,
    **options: object,
) -> bytes:
    """An operator that moves elements: one input, int32 parameters, the same quantisation."""
    m = ModelBuilder()
    scale, zero = _scale(rng), _zero(rng)
    x = m.tensor("x", shape, scale=scale, zero=zero)
    extra = [m.constant(f"p{i}", np.array(p, np.int32)) for i, p in enumerate(parameters)]
    y = m.tensor("y", out, scale=scale, zero=zero)
    m.op(name, [x, *extra], [y], **options)
    return m.finish([x], [y])


def mean(rng: Rng, *, axes: tuple[int, ...] = (1, 2), keep: bool = False) -> bytes:
    """MEAN with a change of scale."""
    m, shape = ModelBuilder(), (1, 5, 4, 3)
    scale = _scale(rng)
    x = m.tensor("x", shape, scale=scale, zero=_zero(rng))
    a = m.constant("axes", np.array(axes, np.int32))
    gone = [i % 4 for i in axes]
    kept = [1 if i in gone else d for i, d in enumerate(shape) if keep or i not in gone]
    y = m.tensor("y", kept, scale=float(np.float32(scale * 0.4)), zero=_zero(rng))
    m.op("MEAN", [x, a], [y], KeepDims=keep)
    return m.finish([x], [y])


def concatenation(rng: Rng, *, axis: int = 3, parts: tuple[int, ...] = (2, 3, 1)) -> bytes:
    """CONCATENATION of inputs that share their quantisation."""
    m = ModelBuilder()
    scale, zero = _scale(rng), _zero(rng)
    shapes = [[1, 4, 3, 2] for _ in parts]
    for s, p in zip(shapes, parts, strict=True):
        s[axis] = p
    xs = [m.tensor(f"x{i}", s, scale=scale, zero=zero) for i, s in enumerate(shapes)]
    whole = [1, 4, 3, 2]
    whole[axis] = sum(parts)
    y = m.tensor("y", whole, scale=scale, zero=zero)
    m.op("CONCATENATION", xs, [y], Axis=axis - 4)
    return m.finish(xs, [y])


def split(rng: Rng, *, sizes: tuple[int, ...] | None = None) -> bytes:
    """SPLIT of six channels in three, or SPLIT_V into the sizes given."""
    m = ModelBuilder()
    scale, zero = _scale(rng), _zero(rng)
    x = m.tensor("x", (1, 4, 3, 6), scale=scale, zero=zero)
    axis = m.constant("axis", np.array(3, np.int32))
    parts = [
        m.tensor(f"y{i}", (1, 4, 3, n), scale=scale, zero=zero)
        for i, n in enumerate(sizes or (2, 2, 2))
    ]
    if sizes:
        lengths = m.constant("sizes", np.array(sizes, np.int32))
        m.op("SPLIT_V", [x, lengths, axis], parts, NumSplits=len(sizes))
    else:
        m.op("SPLIT", [axis, x], parts, NumSplits=3)
    return m.finish([x], parts)


def stateful(rng: Rng) -> bytes:
    """A ring of three frames kept between calls: shifts, stores, and sums through a convolution."""
    m = ModelBuilder()
    scale, zero = _scale(rng), -128
    init = m.subgraph("NoOp")
    handle = init.tensor("handle", (), dtype="resource")
    start = init.constant("start", np.full((1, 2, 1, 4), -128, np.int8), scale=scale, zero=zero)
    init.op("VAR_HANDLE", [], [handle], SharedName="ring")
    init.op("ASSIGN_VARIABLE", [handle, start], [])
    x = m.tensor("x", (1, 1, 1, 4), scale=scale, zero=zero)
    ring = m.tensor("ring", (), dtype="resource")
    old = m.tensor("old", (1, 2, 1, 4), scale=scale, zero=zero)
    whole = m.tensor("whole", (1, 3, 1, 4), scale=scale, zero=zero)
    kept = m.tensor("kept", (1, 2, 1, 4), scale=scale, zero=zero)
    y = m.tensor("y", (1, 1, 1, 3), scale=float(np.float32(scale * 2)), zero=3)
    begin, end, step = (
        m.constant(n, np.array(v, np.int32))
        for n, v in (("begin", [0, 1, 0, 0]), ("end", [0, 0, 0, 0]), ("step", [1, 1, 1, 1]))
    )
    w = m.constant("w", _weights(rng, (3, 3, 1, 4)), scale=[0.01, 0.012, 0.008])
    m.op("CALL_ONCE", [], [], InitSubgraphIndex=1)
    m.op("VAR_HANDLE", [], [ring], SharedName="ring")
    m.op("READ_VARIABLE", [ring], [old])
    m.op("CONCATENATION", [old, x], [whole], Axis=1)
    m.op("STRIDED_SLICE", [whole, begin, end, step], [kept], BeginMask=13, EndMask=15)
    m.op("ASSIGN_VARIABLE", [ring, kept], [])
    bias = m.constant(
        "b", np.array([5, -300, 1000], np.int32), scale=[scale * s for s in (0.01, 0.012, 0.008)]
    )
    m.op(
        "CONV_2D",
        [whole, w, bias],
        [y],
        Padding=VALID,
        StrideH=1,
        StrideW=1,
        DilationHFactor=1,
        DilationWFactor=1,
    )
    return m.finish([x], [y])


MODELS: Mapping[str, Callable[[Rng], bytes]] = {
    "add": partial(binary, name="ADD"),
    "add_broadcast": partial(binary, name="ADD", second=(1, 1, 1, 5)),
    "add_constant_relu": partial(binary, name="ADD", second=(5,), constant=True, activation=RELU),
    "average_pool": partial(pool, name="AVERAGE_POOL_2D"),
    "average_pool_valid": partial(pool, name="AVERAGE_POOL_2D", padding=VALID, activation=RELU),
    "concatenation": concatenation,
    "concatenation_rows": partial(concatenation, axis=1),
    "conv": conv_2d,
    "conv_1x1_no_bias": partial(conv_2d, kernel=(1, 1), bias=False),
    "conv_dilated": partial(conv_2d, dilation=(2, 2), padding=VALID, kernel=(2, 2)),
    "conv_one_scale": partial(conv_2d, per_channel=False, activation=RELU6),
    "conv_relu_n1": partial(conv_2d, activation=RELU_N1_TO_1),
    "conv_strided": partial(conv_2d, stride=(2, 3), activation=RELU),
    "depthwise": partial(conv_2d, multiplier=1),
    "depthwise_multiplier": partial(conv_2d, multiplier=3, stride=(2, 2), activation=RELU6),
    "dequantize": partial(unary, name="DEQUANTIZE", target="float32"),
    "expand_dims": lambda rng: rearranged(rng, "EXPAND_DIMS", (1, 4, 3), (1, 1, 4, 3), 1),
    "fully_connected": fully_connected,
    "fully_connected_4d": partial(fully_connected, shape=(1, 2, 3, 2), activation=RELU),
    "fully_connected_keep": partial(fully_connected, shape=(1, 3, 4), keep_dims=True),
    "fully_connected_per_channel": partial(fully_connected, per_channel=True, bias=False),
    "leaky_relu": partial(unary, name="LEAKY_RELU", Alpha=0.1),
    "logistic": partial(unary, name="LOGISTIC", out=(1 / 256, -128)),
    "max_pool": partial(pool, name="MAX_POOL_2D"),
    "max_pool_valid": partial(pool, name="MAX_POOL_2D", padding=VALID, activation=RELU6),
    "mean": mean,
    "mean_channels": partial(mean, axes=(-1,)),
    "mean_keep": partial(mean, keep=True),
    "mul": partial(binary, name="MUL"),
    "mul_constant": partial(binary, name="MUL", second=(1, 1, 1, 1), constant=True),
    "quantize": partial(unary, name="QUANTIZE"),
    "quantize_float": partial(unary, name="QUANTIZE", source="float32"),
    "quantize_from_uint8": partial(unary, name="QUANTIZE", source="uint8"),
    "quantize_to_int16": partial(unary, name="QUANTIZE", target="int16"),
    "quantize_from_int16": partial(unary, name="QUANTIZE", source="int16"),
    "quantize_to_uint8": partial(unary, name="QUANTIZE", target="uint8"),
    "relu": partial(unary, name="RELU"),
    "relu6": partial(unary, name="RELU6"),
    "softmax": partial(unary, name="SOFTMAX", shape=(1, 9), out=(1 / 256, -128), Beta=1.0),
    "softmax_beta": partial(unary, name="SOFTMAX", shape=(2, 9), out=(1 / 256, -128), Beta=0.5),
    "split": split,
    "split_v": partial(split, sizes=(1, 3, 2)),
    "squeeze": partial(
        rearranged, name="SQUEEZE", shape=(1, 1, 4, 3), out=(4, 3), SqueezeDims=[0, 1]
    ),
    "stateful": stateful,
    "sub": partial(binary, name="SUB"),
    "sub_broadcast": partial(binary, name="SUB", first=(1, 1, 3, 1)),
    "tanh": partial(unary, name="TANH", out=(1 / 128, 0)),
    "pad": lambda rng: rearranged(
        rng, "PAD", (1, 4, 3, 2), (1, 5, 6, 2), [[0, 0], [1, 0], [2, 1], [0, 0]]
    ),
    "reshape": lambda rng: rearranged(rng, "RESHAPE", (1, 4, 3, 2), (1, 24), [1, -1]),
    "strided_slice": lambda rng: rearranged(
        rng, "STRIDED_SLICE", (1, 6, 5, 4), (1, 2, 5, 4), [0, 1, 0, 0], [1, 5, 0, 4], [1, 2, 1, 1],
        EndMask=4,
    ),
    "strided_slice_shrink": lambda rng: rearranged(
        rng, "STRIDED_SLICE", (1, 6, 5, 4), (1, 5, 4), [0, -2, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1],
        BeginMask=13, EndMask=13, ShrinkAxisMask=2,
    ),
    "transpose": lambda rng: rearranged(rng, "TRANSPOSE", (1, 4, 3, 2), (1, 2, 4, 3), [0, 3, 1, 2]),
}  # fmt: skip
