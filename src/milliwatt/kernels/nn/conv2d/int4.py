"""The kernel of convolution by weights of 4 bits."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.int4 import TAPS, pairs, words
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.nn.conv2d import Conv2d, channel_multipliers
from milliwatt.targets.isa import Isa

PIXELS = 2  # that the DSP variant computes together


def kernel(
    params: Callable[[Node], Mapping[str, int]], gather_bytes: Callable[[Node], int]
) -> Kernel:
    """Return the kernel, given the parameters and the room for a pixel that int8 weights take."""

    def wide_bytes(node: Node) -> int:
        """Room for pixels widened to int16, and to gather one."""
        return PIXELS * 2 * TAPS * -(-_depth(node) // TAPS) + gather_bytes(node)

    return Kernel(
        op=Conv2d,
        dtypes=(DType.S8, DType.S4, DType.S32),
        suffix="s8_s4",
        params=params,
        variants=(
            Variant(
                "dsp",
                needs=Isa.DSP,
                covers=_one_column,
                constants=_words,
                scratch_bytes=wide_bytes,
                rows_at_once=PIXELS,
            ),
            Variant("dsp", needs=Isa.DSP, constants=_words, scratch_bytes=wide_bytes),
            Variant("scalar", constants=_pairs, scratch_bytes=gather_bytes),
        ),
        folder=Path(__file__).parent,
    )


def _one_column(node: Node) -> bool:
    """Tell whether a row is one pixel, so that a pair of them takes two rows."""
    return node.output.type.shape[2] == 1 and node.output.type.rows > 1


def _depth(node: Node) -> int:
    return int(np.prod(node.inputs[1].type.shape[1:]))


def _words(node: Node) -> Mapping[str, Array]:
    return _constants(node, words)


def _pairs(node: Node) -> Mapping[str, Array]:
    return _constants(node, pairs)


def _constants(node: Node, pack: Callable[[Array], Array]) -> Mapping[str, Array]:
    op = cast("Conv2d", node.op)
    x, w, bias = node.inputs
    filters = content(w).reshape(len(content(w)), -1)
    sums = filters.astype(np.int64).sum(axis=1)
    multiplier, shift = channel_multipliers(x.type, w.type, op.out)
    return {
        "weights": pack(filters),
        "bias": fold_zero_point(content(bias), x.type.zero_point, sums),
        "multiplier": multiplier,
        "shift": shift.astype(np.int8),
    }
