"""The kernel of depthwise convolution on int16."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.wide import wide_constants
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d


def kernel(params: Callable[[Node], Mapping[str, int]]) -> Kernel:
    """Return the kernel, given the parameters that int8 takes."""
    return Kernel(
        op=DepthwiseConv2d,
        dtypes=(DType.S16, DType.S8, DType.S64),
        suffix="s16",
        params=params,
        variants=(Variant("scalar", constants=_constants),),
        folder=Path(__file__).parent,
    )


def _constants(node: Node) -> Mapping[str, Array]:
    op = cast("DepthwiseConv2d", node.op)
    x, w, _ = node.inputs
    return wide_constants(
        node, np.moveaxis(content(w), 2, 0), *channel_multipliers(x.type, w.type, op.out)
    )
