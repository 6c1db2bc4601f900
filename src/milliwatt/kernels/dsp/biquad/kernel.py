"""Kernels of recursive filters."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.biquad import Biquad

STATE_BYTES = 16  # of a section and a channel: the last two inputs and outputs


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("Biquad", node.op), node.types[0]
    return {"rows": x.rows, "c": x.shape[2], "sections": len(op.sections)}


def _constants(node: Node) -> Mapping[str, Array]:
    return {"coefficients": cast("Biquad", node.op).coefficients()}


def _state_bytes(node: Node) -> int:
    return STATE_BYTES * len(cast("Biquad", node.op).sections)


BIQUAD = Kernel(
    op=Biquad,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar", constants=_constants, scratch_bytes=_state_bytes),),
    folder=Path(__file__).parent,
)
