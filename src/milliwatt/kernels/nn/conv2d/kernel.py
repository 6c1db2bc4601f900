"""Kernels of convolution."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.kernel import Kernel, Option, Variant
from milliwatt.kernels.nn.conv2d import int4, lanes, pairs, quads, triples, wide, winograd
from milliwatt.ops.nn.conv2d import Conv2d, channel_multipliers
from milliwatt.targets.isa import Isa

LANES = 4  # inputs that the DSP variant takes per step


def _params(node: Node) -> Mapping[str, int]:
    op = cast("Conv2d", node.op)
    x, w, y = node.inputs[0].type, node.inputs[1].type, node.output.type
    return {
        "w": x.shape[2],
        "c": x.shape[3],
        "ow": y.shape[2],
        "c_out": y.shape[3],
        "kh": w.shape[1],
        "kw": w.shape[2],
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
    op = cast("Conv2d", node.op)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=(1, 2, 3))
    multiplier, shift = channel_multipliers(x.type, w.type, op.out)
    return {
        "weights": content(w),
        "bias": fold_zero_point(content(bias), x.type.zero_point, sums),
        "multiplier": multiplier,
        "shift": shift,
    }


def _padded_constants(node: Node) -> Mapping[str, Array]:
    """As above, each filter padded with zeros to whole words."""
    constants = dict(_constants(node))
    filters = constants["weights"].reshape(node.output.type.shape[3], -1)
    missing = -filters.shape[1] % LANES
    constants["weights"] = np.pad(filters, ((0, 0), (0, missing)))
    return constants


def _pixel_bytes(node: Node) -> int:
    """Size of the input of one output pixel."""
    _, kh, kw, c = node.inputs[1].type.shape
    return kh * kw * c


def _gather_bytes(node: Node) -> int:
    """Room to gather one pixel; a single tap inside the image is read in place."""
    return 0 if _reads_in_place(node) else _pixel_bytes(node)


def _reads_in_place(node: Node) -> bool:
    op = cast("Conv2d", node.op)
    _, kh, kw, _ = node.inputs[1].type.shape
    return (kh, kw) == (1, 1) and op.pad[2:] == (0, 0)


def _two_pixels_bytes(node: Node) -> int:
    """Room for two pixels widened to int16, and to gather one."""
    padded = -(-_pixel_bytes(node) // LANES) * LANES
    return 2 * 2 * padded + _gather_bytes(node)


CONV2D = Kernel(
    op=Conv2d,
    dtypes=(DType.S8, DType.S8, DType.S32),
    suffix="s8",
    params=_params,
    variants=(
        Variant(
            "dsp_winograd",
            needs=Isa.DSP,
            covers=winograd.covers,
            constants=winograd.constants,
            scratch_bytes=winograd.scratch_bytes,
            option=Option.WINOGRAD,
            rows_at_once=winograd.ROWS_AT_ONCE,
        ),
        Variant(
            "dsp_columns",
            needs=Isa.DSP,
            covers=pairs.covers_columns,
            constants=pairs.constants_of_columns,
            scratch_bytes=pairs.scratch_bytes_of_columns,
        ),
        Variant(
            "dsp_quads_narrow",
            needs=Isa.DSP,
            covers=quads.covers_narrow,
            constants=quads.constants,
            scratch_bytes=quads.scratch_bytes,
            scratch_bytes_for_rows=quads.scratch_bytes_for_rows,
        ),
        Variant(
            "dsp_quads",
            needs=Isa.DSP,
            covers=quads.covers,
            constants=quads.constants,
            scratch_bytes=quads.scratch_bytes,
        ),
        Variant(
            "dsp_pairs",
            needs=Isa.DSP,
            covers=pairs.covers,
            constants=pairs.constants,
            scratch_bytes=pairs.scratch_bytes,
        ),
        Variant("dsp", needs=Isa.DSP, constants=_padded_constants, scratch_bytes=_two_pixels_bytes),
        *(
            Variant(
                "many",
                needs=Isa.LONG_MULTIPLY | Isa.MANY_REGISTERS,
                covers=covers,
                constants=triples.constants,
                scratch_bytes=triples.scratch_bytes,
                rows_at_once=rows,
            )
            for rows, covers in (
                (4, triples.covers_rows_of_one),
                (2, triples.covers_short_rows),
                (1, triples.covers),
            )
        ),
        Variant(
            "long_odd",
            needs=Isa.LONG_MULTIPLY,
            covers=lanes.covers_long_odd,
            constants=lanes.long_constants,
            scratch_bytes=lanes.scratch_bytes,
            rows_at_once=lanes.ROWS_AT_ONCE,
        ),
        Variant(
            "long",
            needs=Isa.LONG_MULTIPLY,
            covers=lanes.covers_long,
            constants=lanes.long_constants,
            scratch_bytes=lanes.scratch_bytes,
        ),
        Variant(
            "short",
            covers=lanes.covers_short,
            constants=lanes.short_constants,
            scratch_bytes=lanes.scratch_bytes,
        ),
        Variant("scalar", constants=_constants, scratch_bytes=_gather_bytes),
    ),
    folder=Path(__file__).parent,
)

CONV2D_S4 = int4.kernel(_params, _gather_bytes)

CONV2D_S16 = wide.kernel(_params)
