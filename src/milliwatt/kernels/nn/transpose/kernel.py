"""Kernels of transposing: one counts bytes, whatever the elements are."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.gather import merged, row_major
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.transpose import MAX_RANK, Transpose


def _params(node: Node) -> Mapping[str, int]:
    op, x, y = cast("Transpose", node.op), node.types[0], node.output.type
    steps = row_major(x.shape, x.dtype.bytes)
    return merged(y.shape, [steps[a] for a in op.perm], x.dtype.bytes).params(MAX_RANK)


TRANSPOSE = tuple(
    Kernel(
        op=Transpose,
        dtypes=(dtype,),
        suffix="bytes",
        params=_params,
        variants=(Variant("scalar"),),
        folder=Path(__file__).parent,
    )
    for dtype in DType
)
