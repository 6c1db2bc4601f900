"""Kernels of colour to gray."""

from collections.abc import Mapping
from pathlib import Path

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.gray import Gray


def _params(node: Node) -> Mapping[str, int]:
    return {"width": node.types[0].shape[2]}


GRAY = Kernel(
    op=Gray,
    dtypes=(DType.U8,),
    suffix="u8",
    params=_params,
    variants=(Variant("scalar"),),
    folder=Path(__file__).parent,
)
