"""Evaluates one operator on small arrays, for examples worked by hand."""

import numpy as np

from milliwatt.ir import Array, DType, Op, Quant, TensorType


def s8(shape: tuple[int, ...], scale: float = 1.0, zero: int = 0) -> TensorType:
    """Return the type of an int8 tensor."""
    return TensorType(shape, DType.S8, Quant((scale,), zero))


def evaluate(op: Op, *operands: tuple[object, TensorType]) -> Array:
    """Return the output for operands given as (nested lists in any shape of that size, type)."""
    arrays = tuple(np.array(v, t.dtype.numpy).reshape(t.shape) for v, t in operands)
    types = tuple(t for _, t in operands)
    (y,) = op.evaluate(types, arrays)
    (inferred,) = op.infer(types)
    assert y.shape == inferred.shape
    assert y.dtype == inferred.dtype.numpy
    return y
