"""Kernels of filter banks."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.dsp.filterbank import chain
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.filterbank import Filterbank
from milliwatt.targets.isa import Isa


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("Filterbank", node.op), node.types[0]
    return {
        "bands": len(op.bands),
        "channels": op.channels,
        "bins": x.shape[2] // op.channels,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    bands = cast("Filterbank", node.op).bands
    return {
        "firsts": np.array([b.first for b in bands], np.int16),
        "counts": np.array([len(b.weights) for b in bands], np.int16),
        "weights": np.array([w for b in bands for w in b.weights], np.uint16),
    }


FILTERBANK = Kernel(
    op=Filterbank,
    dtypes=(DType.S64,),
    suffix="s64",
    params=_params,
    variants=(
        Variant("dsp", needs=Isa.DSP, covers=chain.covers, constants=chain.constants),
        Variant(
            "long",
            needs=Isa.LONG_MULTIPLY,
            covers=chain.covers,
            constants=chain.constants,
        ),
        Variant("scalar", constants=_constants),
    ),
    folder=Path(__file__).parent,
)
