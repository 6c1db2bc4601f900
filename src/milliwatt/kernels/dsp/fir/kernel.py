"""Kernels of filters of finite response."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.fir import Fir


def _params(node: Node) -> Mapping[str, int]:
    op = cast("Fir", node.op)
    return {
        "c": node.types[0].shape[2],
        "taps": len(op.taps),
        "hop": op.hop,
        "shift": op.shift,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    return {"taps": np.array(cast("Fir", node.op).taps, np.int16)}


FIR = Kernel(
    op=Fir,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
