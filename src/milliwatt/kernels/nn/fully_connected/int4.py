"""The kernel of fully connected layers with weights of 4 bits."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.int4 import TAPS, pairs, words
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.conv2d import channel_multipliers
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.targets.isa import Isa


def kernel(params: Callable[[Node], Mapping[str, int]]) -> Kernel:
    """Return the kernel, given the parameters that int8 weights take."""
    return Kernel(
        op=FullyConnected,
        dtypes=(DType.S8, DType.S4, DType.S32),
        suffix="s8_s4",
        params=params,
        variants=(
            Variant("dsp", needs=Isa.DSP, constants=_words, scratch_bytes=_wide_bytes),
            Variant("scalar", constants=_pairs),
        ),
        folder=Path(__file__).parent,
    )


def _wide_bytes(node: Node) -> int:
    """Room for a row widened to int16."""
    return 2 * TAPS * -(-node.inputs[0].type.shape[1] // TAPS)


def _words(node: Node) -> Mapping[str, Array]:
    return _constants(node, words)


def _pairs(node: Node) -> Mapping[str, Array]:
    return _constants(node, pairs)


def _constants(node: Node, pack: Callable[[Array], Array]) -> Mapping[str, Array]:
    op = cast("FullyConnected", node.op)
    x, w, bias = node.inputs
    sums = content(w).astype(np.int64).sum(axis=1)
    multiplier, shift = channel_multipliers(x.type, w.type, op.out)
    return {
        "weights": pack(content(w)),
        "bias": fold_zero_point(content(bias), x.type.zero_point, sums),
        "multiplier": multiplier,
        "shift": shift.astype(np.int8),
    }
