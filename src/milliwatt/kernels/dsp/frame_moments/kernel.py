"""Kernels of frame moments."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.frame_moments import FrameMoments
from milliwatt.ops.dsp.log2 import table


def _params(node: Node) -> Mapping[str, int]:
    op = cast("FrameMoments", node.op)
    return {
        "c": node.types[0].shape[2],
        "frame": op.frame,
        "hop": op.hop,
        "least_energy": op.least_energy,
        "log2_frame": op.log2_frame,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    del node
    return {"table": table().astype(np.int16)}


FRAME_MOMENTS = Kernel(
    op=FrameMoments,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
