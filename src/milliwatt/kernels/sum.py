"""The parameters that sum and difference share (``sum.h``)."""

from collections.abc import Mapping
from typing import cast

from milliwatt.ir import Node
from milliwatt.kernels.row_loop import loop_params
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.sub import Sub

FARTHEST = 30  # shifts to the right of numbers below 2**28: any farther one gives 0 as well


def sum_params(node: Node) -> Mapping[str, int]:
    """Return the members of ``mw_sum_params``."""
    op = cast("Add | Sub", node.op)
    params = loop_params(node)
    zeros = (*(t.zero_point for t in node.types), op.out.zero_point)
    for letter, zero, (mantissa, shift) in zip("aby", zeros, op.multipliers(node.types), strict=True):
        right = min(-shift, FARTHEST)
        params |= {
            f"zero_{letter}": zero,
            f"multiplier_{letter}": mantissa,
            f"round_{letter}": 1 << right,
            f"right_{letter}": right + 1,
        }
    return params | {"low": op.clip[0], "high": op.clip[1]}
