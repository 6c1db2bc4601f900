"""From trees of any library to one forest operator.

Leaves are rounded to 16 bits of the largest value there is, so each output is off by at most
``trees / 2`` steps of it, the bias by another half. Equal leaves are stored once. A comparison that
no int16 can fail, or pass, is not made at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.trees.forest import LEAF, MOST, Forest

Floats = npt.NDArray[np.float64]
FEATURES = Quant((1.0,))
LOW, HIGH = DType.S16.limits


@dataclass(frozen=True, slots=True)
class Split:
    """An inner node: goes left where the feature is at most the threshold."""

    feature: int
    threshold: float
    left: "Split | Leaf"
    right: "Split | Leaf"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a tree says at one of its ends, a number for each output."""

    value: tuple[float, ...]


Tree = Split | Leaf


@dataclass(frozen=True, slots=True)
class Trees:
    """A forest as the library learnt it.

    Attributes:
        features: numbers in one input.
        trees: roots; their leaves have a value for each output, or one.
        bias: what each output begins with.
        targets: for each tree the output it is added to; empty where leaves have all.
    """

    features: int
    trees: tuple[Tree, ...]
    bias: tuple[float, ...]
    targets: tuple[int, ...] = ()


def forest_graph(forest: Trees, name: str, quant: Quant | None = FEATURES) -> Graph:
    """Return a graph from s16 ``[1, F]`` to s32 ``[1, K]`` that sums what the trees say.

    Raises:
        UnsupportedOp: more nodes than the operator holds; says how many.
    """
    nodes, roots, values = _in_order(forest.trees)
    if len(nodes) > MOST:
        raise UnsupportedOp(
            f"{name}: {len(nodes)} nodes in {len(roots)} trees; at most {MOST} fit. Fewer or "
            "shallower trees (n_estimators, max_depth, min_samples_leaf) need less"
        )
    largest = max(float(np.abs(values).max()), 1e-30)
    scale = np.nextafter(np.float32(largest / MOST), np.float32(math.inf))  # never beyond int16
    leaves, which = np.unique(np.rint(values / float(scale)), axis=0, return_inverse=True)
    at_leaf = nodes[:, 0] == LEAF
    nodes[at_leaf, 1] = which.reshape(-1)[nodes[at_leaf, 1]]
    bias = np.rint(np.array(forest.bias) / float(scale))
    b = Builder(name)
    x = b.input("features", TensorType((1, forest.features), DType.S16, quant))
    operands = [
        b.constant(what, TensorType(a.shape, dtype), a.astype(dtype.numpy))
        for what, a, dtype in (
            ("nodes", nodes, DType.S16),
            ("leaves", leaves, DType.S16),
            ("bias", bias, DType.S32),
        )
    ]
    op = Forest(roots, Quant((float(scale),)), forest.targets)
    return b.build(b.node("scores", op, x, *operands))


def _in_order(
    trees: Sequence[Tree],
) -> tuple[npt.NDArray[np.int64], tuple[int, ...], Floats]:
    """Return nodes ``[N, 3]``, left children right behind them, the roots, and leaves."""
    nodes: list[list[int]] = []
    roots: list[int] = []
    values: list[tuple[float, ...]] = []
    for tree in trees:
        roots.append(len(nodes))
        left_to_do: list[tuple[Tree, int | None]] = [(tree, None)]
        while left_to_do:
            node, parent = left_to_do.pop()
            if parent is not None:
                nodes[parent][2] = len(nodes) - parent
            while isinstance(node, Split) and (only := _only_way(node)):
                node = only
            if isinstance(node, Leaf):
                nodes.append([LEAF, len(values), 0])
                values.append(node.value)
                continue
            left_to_do.append((node.right, len(nodes)))
            left_to_do.append((node.left, None))
            nodes.append([node.feature, math.floor(node.threshold), 0])
    return np.array(nodes, np.int64), tuple(roots), np.array(values, np.float64)


def _only_way(node: Split) -> Tree | None:
    """Return the child that every int16 leads to, if there is such."""
    threshold = math.floor(node.threshold) if math.isfinite(node.threshold) else node.threshold
    if threshold < LOW:
        return node.right
    return node.left if threshold >= HIGH else None
