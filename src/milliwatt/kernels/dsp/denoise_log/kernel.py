"""Kernels of noise reduction, gain and logarithm."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.denoise_log import DenoiseLog, gain_table, log_table


def _params(node: Node) -> Mapping[str, int]:
    op = cast("DenoiseLog", node.op)
    return {
        "bands": node.types[0].shape[2],
        "multiplier": op.multiplier(),
        "zero_y": op.out.zero_point,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    del node
    return {"gains": gain_table(), "logs": log_table()}


DENOISE_LOG = Kernel(
    op=DenoiseLog,
    dtypes=(DType.S32, DType.S32),
    suffix="s32",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
