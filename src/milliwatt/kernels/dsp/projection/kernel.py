"""Kernels of fixed linear maps."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.projection import Projection
from milliwatt.targets.isa import Isa


def _params(node: Node) -> Mapping[str, int]:
    op = cast("Projection", node.op)
    return {"inputs": node.types[0].shape[2], "outputs": len(op.weights), "shift": op.shift}


def _constants(node: Node) -> Mapping[str, Array]:
    return {"weights": np.array(cast("Projection", node.op).weights, np.int16)}


def _in_pairs(node: Node) -> bool:
    return node.types[0].shape[2] % 2 == 0


PROJECTION = Kernel(
    op=Projection,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(
        Variant("dsp", needs=Isa.DSP, covers=_in_pairs, constants=_constants),
        Variant("scalar", constants=_constants),
    ),
    folder=Path(__file__).parent,
)
