"""Kernel of softmax."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.softmax import Softmax


def _params(node: Node) -> Mapping[str, int]:
    x = node.types[0]
    multiplier, shift, lowest = cast("Softmax", node.op).multiplier(x)
    return {
        "count": x.row_size // x.shape[-1],
        "depth": x.shape[-1],
        "multiplier": multiplier,
        "shift": shift,
        "lowest": lowest,
    }


def _exponentials_bytes(node: Node) -> int:
    return 4 * node.types[0].shape[-1]


SOFTMAX = Kernel(
    op=Softmax,
    dtypes=(DType.S8,),
    suffix="s8",
    params=_params,
    variants=(Variant("scalar", scratch_bytes=_exponentials_bytes),),
    folder=Path(__file__).parent,
)
