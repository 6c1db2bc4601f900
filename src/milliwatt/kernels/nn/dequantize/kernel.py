"""Kernels of dequantisation, one for each integer type."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from milliwatt.ir import Array, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.dequantize import INPUTS, Dequantize


def _params(node: Node) -> Mapping[str, int]:
    x = node.types[0]
    return {"n": x.row_size, "zero_x": x.zero_point}


def _constants(node: Node) -> Mapping[str, Array]:
    return {"scale": np.array([node.types[0].scale], np.float32)}


DEQUANTIZE = tuple(
    Kernel(
        op=Dequantize,
        dtypes=(dtype,),
        suffix=dtype.value,
        params=_params,
        variants=(Variant("scalar", constants=_constants),),
        folder=Path(__file__).parent,
    )
    for dtype in INPUTS
)
