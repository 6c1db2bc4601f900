"""Kernels of resizing."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.resize import Resize


def _params(node: Node) -> Mapping[str, int]:
    op, (_, h, w, c) = cast("Resize", node.op), node.types[0].shape
    return {"h": h, "w": w, "c": c, "height": op.height, "width": op.width}


RESIZE = Kernel(
    op=Resize,
    dtypes=(DType.U8,),
    suffix="u8",
    params=_params,
    variants=(Variant("scalar"),),
    folder=Path(__file__).parent,
)
