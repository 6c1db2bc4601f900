"""Kernels of the micro front end's filter bank."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.micro_filterbank import MicroFilterbank, hann
from milliwatt.ops.kiss_fft import split_twiddles, twiddles

BYTES_PER_LINE = 8  # a complex number, and an energy or two samples


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("MicroFilterbank", node.op), node.types[0]
    return {
        "hop": x.shape[2],
        "hops": op.hops,
        "lines": op.lines(x),
        "first": op.bank(x).first,
        "bands": op.bands,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    op, x = cast("MicroFilterbank", node.op), node.types[0]
    lines, bank = op.lines(x), op.bank(x)
    return {
        "window": hann(op.hops * x.shape[2]),
        "roots": twiddles(lines),
        "split": split_twiddles(lines),
        "widths": bank.widths,
        "falling": bank.falling,
    }


def _scratch_bytes(node: Node) -> int:
    return BYTES_PER_LINE * cast("MicroFilterbank", node.op).lines(node.types[0])


MICRO_FILTERBANK = Kernel(
    op=MicroFilterbank,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(Variant("scalar", constants=_constants, scratch_bytes=_scratch_bytes),),
    folder=Path(__file__).parent,
)
