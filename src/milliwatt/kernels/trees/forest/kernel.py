"""Kernels of forests."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Array, DType, Node
from milliwatt.kernels.constants import content
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.ops.trees.forest import LEAF, Forest

SHORT_LEAF = 0xFF
"""The byte that stands for no feature, so that features below it can be named."""
MOST_SKIP = 0xFF


def _params(node: Node) -> Mapping[str, int]:
    op, x, leaves = cast("Forest", node.op), node.types[0], node.types[2]
    return {
        "features": x.shape[-1],
        "trees": len(op.roots),
        "outputs": node.output.type.shape[-1],
        "width": leaves.shape[1],
    }


def _constants(pack: Callable[[Array], Array]) -> Callable[[Node], Mapping[str, Array]]:
    def constants(node: Node) -> Mapping[str, Array]:
        op = cast("Forest", node.op)
        _, nodes, leaves, bias = node.inputs
        single = len(op.roots) if leaves.type.shape[1] == 1 else 1  # one that nobody reads
        return {
            "nodes": pack(content(nodes)),
            "roots": np.array(op.roots, np.uint16),
            "targets": np.array(op.targets or (0,) * single, np.uint16),
            "leaves": content(leaves),
            "bias": content(bias),
        }

    return constants


def _as_they_are(nodes: Array) -> Array:
    return nodes


def _short(nodes: Array) -> Array:
    """Return int16 ``[N, 2]``: feature and distance in one, and the threshold."""
    feature, threshold, skip = nodes.T.astype(np.int64)
    first = np.where(feature == LEAF, SHORT_LEAF, feature + (skip << 8))
    return np.stack([first.astype(np.uint16).view(np.int16), threshold.astype(np.int16)], axis=1)


def _is_short(node: Node) -> bool:
    feature, _, skip = content(node.inputs[1]).T.astype(np.int64)
    return bool((feature < SHORT_LEAF).all() and (skip <= MOST_SKIP).all())


FOREST = Kernel(
    op=Forest,
    dtypes=(DType.S16, DType.S16, DType.S16, DType.S32),
    suffix="s16",
    params=_params,
    variants=(
        Variant("short", covers=_is_short, constants=_constants(_short)),
        Variant("scalar", constants=_constants(_as_they_are)),
    ),
    folder=Path(__file__).parent,
)
