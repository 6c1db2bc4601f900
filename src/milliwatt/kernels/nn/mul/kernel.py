"""Kernel of the elementwise product."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.row_loop import loop_params
from milliwatt.kernels.scale import right_shift
from milliwatt.ops.nn.mul import Mul


def _params(node: Node) -> Mapping[str, int]:
    op = cast("Mul", node.op)
    multiplier, shift = op.multiplier(node.types)
    params = loop_params(node) | {
        "zero_a": node.types[0].zero_point,
        "zero_b": node.types[1].zero_point,
        "left": max(0, shift),
        "zero_y": op.out.zero_point,
        "multiplier_y": multiplier,
    }
    return params | right_shift("y", min(0, shift)) | {"low": op.clip[0], "high": op.clip[1]}


MUL = Kernel(
    op=Mul,
    dtypes=(DType.S8, DType.S8),
    suffix="s8",
    params=_params,
    variants=(Variant("scalar"),),
    folder=Path(__file__).parent,
)
