"""Kernels of power spectra."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.real_fft import reversal
from milliwatt.targets.isa import Isa

DSP_HALVES = (16, 64, 256)


def _params(node: Node) -> Mapping[str, int]:
    op, x = cast("PowerSpectrum", node.op), node.types[0]
    transform = op.transform
    return {
        "channels": op.channels,
        "samples": x.shape[2] // op.channels,
        "frame": op.frame,
        "hop_rows": op.hop_rows,
        "half": transform.half,
    }


def _constants(node: Node) -> Mapping[str, Array]:
    transform = cast("PowerSpectrum", node.op).transform
    return {
        "tapers": transform.tapers(),
        "roots": transform.roots(),
        "split": transform.split_roots(),
    }


def _covers_dsp(node: Node) -> bool:
    """Pairs of samples lie side by side in memory, and spans of butterflies come in pairs."""
    op, width = cast("PowerSpectrum", node.op), node.types[0].shape[2]
    return op.channels == 1 and width % 2 == 0 and op.transform.half in DSP_HALVES


def _dsp_constants(node: Node) -> Mapping[str, Array]:
    transform = cast("PowerSpectrum", node.op).transform
    half = transform.half
    tapers = np.zeros((half, 2), np.int32)
    tapers.reshape(-1)[: transform.frame] = transform.tapers()
    # position 4 i + r of the transform holds pair reversal(r) * half / 4 + n
    meeting = np.arange(half // 4)[:, None] + reversal(4) * (half // 4)
    roots, spans = transform.roots(), [4**i for i in range(1, half.bit_length() // 2)]
    packed = []
    for span in spans:
        far = roots[:: half // (4 * span)][:span]
        near = roots[:: half // (2 * span)]
        packed.append(np.concatenate([far, near], axis=1).reshape(-1))
    return {
        "tapers": tapers[meeting].reshape(-1, 8),
        "roots": np.concatenate(packed),
        "split": transform.split_roots(),
    }


POWER_SPECTRUM = Kernel(
    op=PowerSpectrum,
    dtypes=(DType.S16,),
    suffix="s16",
    params=_params,
    variants=(
        Variant("dsp", needs=Isa.DSP, covers=_covers_dsp, constants=_dsp_constants),
        Variant("scalar", constants=_constants),
    ),
    folder=Path(__file__).parent,
)
