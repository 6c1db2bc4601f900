"""Kernels of depthwise convolution."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.nn.depthwise_conv2d import fours, groups, three, wide, window_3x3
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.targets.isa import Isa

POINTER_BYTES = 8  # on the widest target


def _params(node: Node) -> Mapping[str, int]:
    op = cast("DepthwiseConv2d", node.op)
    x, w, y = node.inputs[0].type, node.inputs[1].type, node.output.type
    return {
        "w": x.shape[2],
        "c": x.shape[3],
        "ow": y.shape[2],
        "c_out": y.shape[3],
        "depth_multiplier": y.shape[3] // x.shape[3],
        "kh": w.shape[0],
        "kw": w.shape[1],
        "stride_h": op.stride[0],
        "stride_w": op.stride[1],
        "dilation_h": op.dilation[0],
        "dilation_w": op.dilation[1],
        "pad_left": op.pad[2],
        "zero_x": x.zero_point,
        "zero_y": op.out.zero_point,
        "low": op.clip[0],
        "high": op.clip[1],
    }


def _constants(node: Node) -> Mapping[str, Array]:
    op = cast("DepthwiseConv2d", node.op)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=(0, 1))
    multiplier, shift = channel_multipliers(x.type, w.type, op.out)
    return {
        "weights": content(w),
        "bias": fold_zero_point(content(bias), x.type.zero_point, sums),
        "multiplier": multiplier,
        "shift": shift,
    }


def _scratch_bytes(node: Node) -> int:
    """Room for a pointer to each tap's pixel, and one pixel of zero points."""
    kh, kw, _ = node.inputs[1].type.shape
    return kh * kw * POINTER_BYTES + node.inputs[0].type.shape[3]


DEPTHWISE_CONV2D = Kernel(
    op=DepthwiseConv2d,
    dtypes=(DType.S8, DType.S8, DType.S32),
    suffix="s8",
    params=_params,
    variants=(
        Variant(
            "dsp_3x3",
            needs=Isa.DSP,
            covers=window_3x3.covers,
            constants=window_3x3.constants,
            scratch_bytes=window_3x3.scratch_bytes,
        ),
        Variant(
            "dsp",
            needs=Isa.DSP,
            covers=groups.covers,
            constants=groups.constants,
            scratch_bytes=groups.scratch_bytes,
        ),
        Variant(
            "many_3x3",
            needs=Isa.LONG_MULTIPLY | Isa.MANY_REGISTERS,
            covers=three.covers_many,
            constants=three.many_constants,
        ),
        Variant(
            "many",
            needs=Isa.LONG_MULTIPLY | Isa.MANY_REGISTERS,
            covers=fours.covers_many,
            constants=fours.many_constants,
            scratch_bytes=_scratch_bytes,
        ),
        Variant(
            "long_3x3",
            needs=Isa.LONG_MULTIPLY,
            covers=three.covers_long,
            constants=three.long_constants,
            scratch_bytes=three.scratch_bytes,
        ),
        Variant(
            "long",
            needs=Isa.LONG_MULTIPLY,
            covers=fours.covers_long,
            constants=fours.long_constants,
            scratch_bytes=_scratch_bytes,
        ),
        Variant(
            "short_3x3",
            covers=three.covers_short,
            constants=three.short_constants,
            scratch_bytes=three.scratch_bytes,
        ),
        Variant(
            "short",
            covers=fours.covers_short,
            constants=fours.short_constants,
            scratch_bytes=_scratch_bytes,
        ),
        Variant("scalar", constants=_constants, scratch_bytes=_scratch_bytes),
    ),
    folder=Path(__file__).parent,
)

DEPTHWISE_CONV2D_S16 = wide.kernel(_params)
