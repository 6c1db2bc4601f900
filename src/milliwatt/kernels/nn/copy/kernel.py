"""Kernels of copying: one counts bytes, whatever the elements are."""

from collections.abc import Mapping
from pathlib import Path

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.copy import Copy


def _params(node: Node) -> Mapping[str, int]:
    return {"bytes": node.output.type.row_bytes}


COPY = tuple(
    Kernel(
        op=Copy,
        dtypes=(dtype,),
        suffix="bytes",
        params=_params,
        variants=(Variant("scalar"),),
        folder=Path(__file__).parent,
    )
    for dtype in DType
)
