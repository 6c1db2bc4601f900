"""Kernel of the average of an image."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.pool import reciprocal_of_count
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.targets.isa import Isa

LONGEST = 255  # pixels whose sum fits in 16 bits: 255 * -128 > -2**15


def _params(node: Node) -> Mapping[str, int]:
    op = cast("GlobalAveragePool", node.op)
    _, h, w, c = node.types[0].shape
    reciprocal, shift = reciprocal_of_count(h * w)
    return {
        "h": h,
        "w": w,
        "c": c,
        "half": h * w // 2,
        "reciprocal": reciprocal,
        "shift": shift,
        "low": op.clip[0],
        "high": op.clip[1],
    }


def _sums_bytes(node: Node) -> int:
    return 4 * node.types[0].shape[3]


def _fits_pairs(node: Node) -> bool:
    """Tell whether the sums of a row fit in 16 bits."""
    return node.types[0].shape[2] <= LONGEST


GLOBAL_AVERAGE_POOL = Kernel(
    op=GlobalAveragePool,
    dtypes=(DType.S8,),
    suffix="s8",
    params=_params,
    variants=(
        Variant("dsp", needs=Isa.DSP, covers=_fits_pairs, scratch_bytes=_sums_bytes),
        Variant("scalar", scratch_bytes=_sums_bytes),
    ),
    folder=Path(__file__).parent,
)
