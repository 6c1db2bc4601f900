"""Kernels of fully connected layers."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.nn.fully_connected import dsp, groups, int4, packed, wide
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.targets.isa import Isa


def _params(node: Node) -> Mapping[str, int]:
    op = cast("FullyConnected", node.op)
    x, w = node.inputs[0].type, node.inputs[1].type
    return {
        "k": x.shape[1],
        "outputs": w.shape[0],
        "multiplier_step": 0 if w.quantized.axis is None else 1,
        "zero_y": op.out.zero_point,
        "low": op.clip[0],
        "high": op.clip[1],
    }


def _constants(node: Node) -> Mapping[str, Array]:
    op = cast("FullyConnected", node.op)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=1)
    multiplier, shift = channel_multipliers(x.type, w.type, op.out)
    return {
        "weights": content(w),
        "bias": fold_zero_point(content(bias), x.type.zero_point, sums),
        "multiplier": multiplier,
        "shift": shift,
    }


FULLY_CONNECTED = Kernel(
    op=FullyConnected,
    dtypes=(DType.S8, DType.S8, DType.S32),
    suffix="s8",
    params=_params,
    variants=(
        Variant("dsp", needs=Isa.DSP, covers=dsp.covers, constants=dsp.constants),
        Variant(
            "many",
            needs=Isa.LONG_MULTIPLY | Isa.MANY_REGISTERS,
            covers=groups.covers,
            constants=groups.constants,
        ),
        Variant(
            "long",
            needs=Isa.LONG_MULTIPLY,
            covers=packed.covers_long,
            constants=packed.long_constants,
        ),
        Variant("short", covers=packed.covers_short, constants=packed.short_constants),
        Variant("scalar", constants=_constants),
    ),
    folder=Path(__file__).parent,
)

FULLY_CONNECTED_S4 = int4.kernel(_params)

FULLY_CONNECTED_S16 = wide.kernel(_params)
