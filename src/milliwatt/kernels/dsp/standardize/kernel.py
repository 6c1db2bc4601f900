"""Kernels of standardisation."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.standardize import Standardize


def _params(node: Node) -> Mapping[str, int]:
    return {"c": node.types[0].shape[2], "zero_y": node.output.type.zero_point}


def _constants(node: Node) -> Mapping[str, Array]:
    op = cast("Standardize", node.op)
    multiplier, shift = op.multipliers()
    return {"mean": np.array(op.mean, np.int16), "multiplier": multiplier, "shift": shift}


STANDARDIZE = Kernel(
    op=Standardize,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
