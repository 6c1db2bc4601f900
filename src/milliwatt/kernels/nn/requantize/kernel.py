"""Kernels of requantisation, one for each input type; they store any output type."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.requantize import INPUTS, Requantize


def _params(node: Node) -> Mapping[str, int]:
    op, x, y = cast("Requantize", node.op), node.types[0], node.output.type
    multiplier, shift = op.multiplier(x)
    low, high = y.dtype.limits
    return {
        "n": y.row_size,
        "zero_x": x.zero_point,
        "zero_y": y.zero_point,
        "multiplier": multiplier,
        "shift": shift,
        "low": low,
        "high": high,
        "size_y": y.dtype.bytes,
    }


REQUANTIZE = tuple(
    Kernel(
        op=Requantize,
        dtypes=(dtype,),
        suffix=dtype.value,
        params=_params,
        variants=(Variant("scalar"),),
        folder=Path(__file__).parent,
    )
    for dtype in INPUTS
)
