"""Kernels of concatenation: one for each number of operands, which count bytes."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.axes import inner_axis
from milliwatt.ops.nn.concatenation import MAX_OPERANDS, Concatenation


def _params(node: Node) -> Mapping[str, int]:
    """Count the turns that the operands' parts take in a row, and the bytes of each part."""
    op, y = cast("Concatenation", node.op), node.output.type
    outer = math.prod(y.shape[inner_axis(y) : op.axis])
    parts = [t.row_bytes // outer for t in node.types]
    parts += [0] * (MAX_OPERANDS - len(parts))
    return {"outer": outer} | {f"bytes{i}": n for i, n in enumerate(parts)}


CONCATENATION = tuple(
    Kernel(
        op=Concatenation,
        dtypes=(dtype,) * operands,
        suffix=f"bytes{operands}",
        params=_params,
        variants=(Variant("scalar"),),
        folder=Path(__file__).parent,
        outside_is_null=True,
    )
    for dtype in DType
    for operands in range(2, MAX_OPERANDS + 1)
)
