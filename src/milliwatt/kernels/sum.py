"""The parameters that sum and difference share (``sum.h``)."""

from collections.abc import Mapping
from typing import cast

from milliwatt.ir import Node
from milliwatt.kernels.row_loop import loop_params
from milliwatt.kernels.scale import right_shift
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.sub import Sub


def sum_params(node: Node) -> Mapping[str, int]:
    """Return the members of ``mw_sum_params``."""
    op = cast("Add | Sub", node.op)
    params = loop_params(node)
    zeros = (*(t.zero_point for t in node.types), op.out.zero_point)
    for letter, zero, (mantissa, shift) in zip(
        "aby", zeros, op.multipliers(node.types), strict=True
    ):
        params |= {f"zero_{letter}": zero, f"multiplier_{letter}": mantissa}
        params |= right_shift(letter, shift)
    return params | {"low": op.clip[0], "high": op.clip[1]}
