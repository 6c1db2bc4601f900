"""Kernels of standardisation."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.scale import FARTHEST
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.targets.isa import Isa

MAX_DSP_SHIFT = 21


def _params(node: Node) -> Mapping[str, int]:
    return {"c": node.types[0].shape[2], "zero_y": node.output.type.zero_point}


def _constants(node: Node) -> Mapping[str, Array]:
    op = cast("Standardize", node.op)
    multiplier, shift = op.multipliers()
    return {"mean": np.array(op.mean, np.int16), "multiplier": multiplier, "shift": shift}


def _never_left(node: Node) -> bool:
    """Differences of 16-bit numbers have 17 bits, which `scale.h` takes with any shift."""
    _, shift = cast("Standardize", node.op).multipliers()
    return bool((shift <= 0).all())


def _right_constants(node: Node) -> Mapping[str, Array]:
    op = cast("Standardize", node.op)
    multiplier, shift = op.multipliers()
    right = np.minimum(-shift, FARTHEST) + 1
    return {
        "mean": np.array(op.mean, np.int16),
        "multiplier": multiplier,
        "right": right.astype(np.int8),
    }


def _near(node: Node) -> bool:
    """A zero point of 8 bits fits before the shift."""
    _, shift = cast("Standardize", node.op).multipliers()
    return _never_left(node) and bool((shift >= -MAX_DSP_SHIFT).all())


def _dsp_constants(node: Node) -> Mapping[str, Array]:
    op = cast("Standardize", node.op)
    multiplier, shift = op.multipliers()
    right = 1 - shift
    offset = (2 * op.out.zero_point + 1) << (right - 1)
    columns = [np.array(op.mean, np.int32), multiplier, offset, right]
    return {"channels": np.stack(columns, axis=1).astype(np.int32)}


STANDARDIZE = Kernel(
    op=Standardize,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(
        Variant("dsp", needs=Isa.DSP, covers=_near, constants=_dsp_constants),
        Variant("long", needs=Isa.LONG_MULTIPLY, covers=_never_left, constants=_right_constants),
        Variant("scalar", constants=_constants),
    ),
    folder=Path(__file__).parent,
)
