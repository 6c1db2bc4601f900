"""The kernel of fully connected layers on int16."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.wide import wide_constants
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.fully_connected import FullyConnected


def kernel(params: Callable[[Node], Mapping[str, int]]) -> Kernel:
    """Return the kernel, given the parameters that int8 takes."""
    return Kernel(
        op=FullyConnected,
        dtypes=(DType.S16, DType.S8, DType.S64),
        suffix="s16",
        params=params,
        variants=(Variant("scalar", constants=_constants),),
        folder=Path(__file__).parent,
    )


def _constants(node: Node) -> Mapping[str, Array]:
    op = cast("FullyConnected", node.op)
    x, w, _ = node.inputs
    return wide_constants(node, content(w), *channel_multipliers(x.type, w.type, op.out))
