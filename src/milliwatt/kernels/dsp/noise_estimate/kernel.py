"""Kernels of the noise estimate."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.noise_estimate import NoiseEstimate


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("NoiseEstimate", node.op), node.types[0]
    return {"rows": x.rows, "bands": x.shape[2], "even": op.even, "odd": op.odd}


NOISE_ESTIMATE = Kernel(
    op=NoiseEstimate,
    dtypes=(DType.S32, DType.S32),
    suffix="s32",
    params=_params,
    variants=(Variant("scalar"),),
    folder=Path(__file__).parent,
)
