"""Kernels of tabulated functions: one C file, signed or not is a matter of the table's order."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.table import ENTRIES, Table


def _params(node: Node) -> Mapping[str, int]:
    return {"row": node.types[0].row_size}


def _constants(node: Node) -> Mapping[str, Array]:
    """Return the table as bytes, -1 of a signed input at 255."""
    op, lowest = cast("Table", node.op), node.types[0].dtype.limits[0]
    entries = np.array(op.table, np.int64)
    order = np.arange(ENTRIES)
    return {"table": (entries[(order - lowest) % ENTRIES] % ENTRIES).astype(np.uint8)}


def _kernel(dtype: DType) -> Kernel:
    return Kernel(
        op=Table,
        dtypes=(dtype,),
        suffix="b8",
        params=_params,
        variants=(Variant("scalar", constants=_constants),),
        folder=Path(__file__).parent,
    )


TABLE = (_kernel(DType.S8), _kernel(DType.U8))
