"""Kernels of quantisation."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.quantize import Quantize


def _params(node: Node) -> Mapping[str, int]:
    y = node.output.type
    low, high = y.dtype.limits
    return {
        "n": y.row_size,
        "zero_y": y.zero_point,
        "low": low,
        "high": high,
        "size_y": y.dtype.bytes,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    return {"scale": np.array([node.output.type.scale], np.float32)}


QUANTIZE = Kernel(
    op=Quantize,
    dtypes=(DType.F32,),
    suffix="f32",
    params=_params,
    variants=(Variant("scalar", constants=_constants),),
    folder=Path(__file__).parent,
)
