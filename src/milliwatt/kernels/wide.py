"""Constants of weighted sums of int16 (``wide.h``)."""

from collections.abc import Mapping

import numpy as np

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Array, Node
from milliwatt.kernels.constants import content
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int32, reduced_multiplier

INT16_RANGE = (-32768, 32767)
LIMIT = 1 << 47
"""Sums below it, times a multiplier of 15 bits, stay in 64."""
MOST_LEFT = 7


def wide_constants(
    node: Node, filters: Array, multiplier: Int32, shift: Int32
) -> Mapping[str, Array]:
    """Return weights, bias, multiplier and shift to the right as the kernels want them.

    Args:
        node: a weighted sum of int16.
        filters: its weights with the output channel first.
        multiplier: Q31 mantissas.
        shift: to the left.

    Raises:
        UnsupportedOp: sums may leave 47 bits, or scales ask for a shift by more than `MOST_LEFT`.
    """
    bias = content(node.inputs[2])
    bounds = dot_bounds(filters, bias, 0, INT16_RANGE)
    if (bounds.magnitude >= LIMIT).any() or (shift > MOST_LEFT).any():
        raise UnsupportedOp(
            f"layer {node.name!r}: sums of int16 reach {int(bounds.magnitude.max())}, scaled by "
            f"2**{int(shift.max())}; at most 2**47 and 2**{MOST_LEFT} are exact in 64 bits"
        )
    return {
        "weights": content(node.inputs[1]),
        "bias": bias,
        "multiplier": reduced_multiplier(multiplier).astype(np.int16),
        "shift": (15 - shift).astype(np.uint8),
    }
