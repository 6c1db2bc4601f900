"""Kernels of strided slices: one counts bytes, whatever the elements are."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node, Window
from milliwatt.kernels.gather import merged, row_major
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.axes import inner_axis
from milliwatt.ops.nn.strided_slice import StridedSlice

LOOPS = 3  # axes inside a row of at most 4 axes


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("StridedSlice", node.op), node.types[0]
    (window,) = cast("tuple[Window]", op.rows(node.types))
    first = inner_axis(x)
    steps = row_major(x.shape, x.dtype.bytes)[first:]
    offset = sum(b * s for b, s in zip(op.begin[first:], steps, strict=True))
    strides = [a * s for a, s in zip(op.stride[first:], steps, strict=True)]
    loops = merged(op.shape[first:], strides, x.dtype.bytes)
    return {"stride_rows": window.stride, "offset": offset, **loops.params(LOOPS)}


STRIDED_SLICE = tuple(
    Kernel(
        op=StridedSlice,
        dtypes=(dtype,),
        suffix="bytes",
        params=_params,
        variants=(Variant("scalar"),),
        folder=Path(__file__).parent,
    )
    for dtype in DType
)
