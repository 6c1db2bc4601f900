"""Kernels of padding: one counts bytes, for integers of 1, 2 and 4."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.axes import inner_axis
from milliwatt.ops.nn.pad import DTYPES, Pad

AXES = 3  # inside a row of at most 4 axes


def _params(node: Node) -> Mapping[str, int]:
    """Join axes without padding to those around them, then put idle axes in front."""
    op, x = cast("Pad", node.op), node.types[0]
    first = inner_axis(x)
    joined: list[tuple[int, int, int]] = []
    for n, (before, after) in zip(x.shape[first:], op.pads[first:], strict=True):
        if joined and before == after == 0:
            joined[-1] = (joined[-1][0] * n, joined[-1][1] * n, joined[-1][2] * n)
        else:
            joined.append((n, before, after))
    params: dict[str, int] = {}
    for i, (n, before, after) in enumerate([(1, 0, 0)] * (AXES - len(joined)) + joined):
        params |= {f"n{i}": n, f"before{i}": before, f"after{i}": after}
    return params | {"size": x.dtype.bytes, "value": op.filler(x)}


PAD = tuple(
    Kernel(
        op=Pad,
        dtypes=(dtype,),
        suffix="bytes",
        params=_params,
        variants=(Variant("scalar"),),
        folder=Path(__file__).parent,
        outside_is_null=True,
    )
    for dtype in DTYPES
)
