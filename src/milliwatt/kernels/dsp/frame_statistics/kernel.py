"""Kernels of frame statistics."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.frame_statistics import FrameStatistics


def _params(node: Node) -> Mapping[str, int]:
    op = cast("FrameStatistics", node.op)
    return {"c": node.types[0].shape[2], "frame": op.frame, "hop": op.hop}


FRAME_STATISTICS = Kernel(
    op=FrameStatistics,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar"),),
    folder=Path(__file__).parent,
)
