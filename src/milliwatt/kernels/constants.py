"""What kernels do alike when they pack their constants."""

import numpy as np

from milliwatt.errors import InvalidGraph
from milliwatt.ir import Array, Kind, Value
from milliwatt.ops.fixed import Int32


def content(value: Value) -> Array:
    """Return a constant's array, or raise `InvalidGraph` where the operand is not constant."""
    if value.kind is not Kind.CONSTANT or value.data is None:
        raise InvalidGraph(f"{value} must be a constant")
    return value.data


def fold_zero_point(bias: Array, zero_point: int, weight_sums: Array) -> Int32:
    """Return the bias with the input's zero point folded in.

    ``sum (x - zx) w + bias = sum x w + (bias - zx sum w)``, modulo 2**32 as int32 adds. It holds
    where every tap reads something: outside the image, the zero point.
    """
    wide = bias.astype(np.int64) - zero_point * weight_sums.astype(np.int64)
    return wide.astype(np.int32)
