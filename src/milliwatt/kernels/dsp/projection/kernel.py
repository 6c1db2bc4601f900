"""Kernels of fixed linear maps."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.projection import Projection


def _params(node: Node) -> Mapping[str, int]:
    op = cast("Projection", node.op)
    return {"inputs": node.types[0].shape[2], "outputs": len(op.weights), "shift": op.shift}


def _constants(node: Node) -> Mapping[str, Array]:
    return {"weights": np.array(cast("Projection", node.op).weights, np.int16)}


PROJECTION = Kernel(
    op=Projection,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
