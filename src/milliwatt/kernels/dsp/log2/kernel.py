"""Kernels of logarithms."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.log2 import Log2, table


def _params(node: Node) -> Mapping[str, int]:
    return {"n": node.types[0].row_size, "floor": cast("Log2", node.op).floor}


def _constants(node: Node) -> Mapping[str, Array]:
    del node
    return {"table": table().astype(np.int16)}


LOG2 = tuple(
    Kernel(
        op=Log2,
        dtypes=(dtype,),
        suffix=dtype.value,
        params=_params,
        variants=(Variant("scalar", constants=_constants),),
        folder=Path(__file__).parent,
    )
    for dtype in (DType.S32, DType.S64)
)
