"""Kernels of the distance to the nearest centre."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.trees.nearest import Nearest


def _params(node: Node) -> Mapping[str, int]:
    x, centres, scales, _ = node.types
    features = x.shape[-1]
    return {
        "features": features,
        "centres": centres.shape[0],
        "scale_step": features if scales.shape[0] > 1 else 0,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    _, centres, scales, offsets = node.inputs
    return {
        "centre": content(centres),
        "scale": content(scales),
        "shift": np.array(cast("Nearest", node.op).shifts, np.int8),
        "offset": content(offsets),
    }


NEAREST = Kernel(
    op=Nearest,
    dtypes=(DType.S16, DType.S16, DType.S16, DType.S32),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
