"""Kernels of spectral peaks."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.log2 import table
from milliwatt.ops.dsp.spectral_peaks import SpectralPeaks


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("SpectralPeaks", node.op), node.types[0]
    return {
        "count": op.count,
        "first": op.first,
        "channels": op.channels,
        "bins": x.shape[2] // op.channels,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    del node
    return {"table": table().astype(np.int16)}


SPECTRAL_PEAKS = Kernel(
    op=SpectralPeaks,
    dtypes=(DType.S64,),
    suffix="s64",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
