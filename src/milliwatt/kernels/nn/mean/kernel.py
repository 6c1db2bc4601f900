"""Kernels of the mean: rows averaged with each other, or each taken by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.fixed import wrap_int32
from milliwatt.ops.nn.mean import Mean


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("Mean", node.op), node.types[0]
    outer, averaged, inner = op.row_split(x)
    multiplier, shift = op.multiplier(x)
    return {
        "rows_total": x.rows,
        "outer": outer,
        "averaged": averaged,
        "inner": inner,
        "offset": int(wrap_int32(np.array(-x.zero_point * op.number(x)))),
        "zero_y": op.out.zero_point,
        "multiplier": multiplier,
        "shift": shift,
    }


def _within_rows(node: Node) -> bool:
    return not _over_rows(node)


def _over_rows(node: Node) -> bool:
    return cast("Mean", node.op).averages_rows(node.types[0])


def _sums_bytes(node: Node) -> int:
    outer, _, inner = cast("Mean", node.op).row_split(node.types[0])
    return 4 * outer * inner


MEAN = Kernel(
    op=Mean,
    dtypes=(DType.S8,),
    suffix="s8",
    params=_params,
    variants=(
        Variant("within_rows", covers=_within_rows),
        Variant("scalar", covers=_over_rows, scratch_bytes=_sums_bytes),
    ),
    folder=Path(__file__).parent,
)
