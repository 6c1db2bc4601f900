"""A forest: every tree is walked from its root to a leaf, and what the leaves say is summed.

    at an inner node:  x[feature] <= threshold ? the next node : the node `skip` further on
    y[m, k] = bias[k] + sum over trees of leaves[leaf(tree, x[m]), k]

A single tree, a random forest and boosted trees are all of this form. Where each tree speaks for
one output only, as boosted trees of several classes do, leaves have one column and ``targets`` says
which output it is added to. Features are integers, so a threshold is one too and no comparison
differs from that of the library that learnt it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Array, Arrays, DType, Op, Quant, Rows, TensorType, Types, Window

LEAF = -1
FEATURE, THRESHOLD, SKIP = range(3)
MOST = 32767


@dataclass(frozen=True, slots=True)
class Forest(Op):
    """Decision trees whose leaves are added up.

    Operands:
        x: s16 ``[M, F]`` or ``[1, M, F]``.
        nodes: s16 ``[N, 3]``, tree after tree, parents before children: feature, threshold and
            how many nodes further the right child is (the left one is the next). A leaf has
            feature -1, and for a threshold its row in ``leaves``.
        leaves: s16 ``[L, K]``, or ``[L, 1]`` with ``targets``.
        bias: s32 ``[K]``.

    Attributes:
        roots: the first node of each tree.
        out: what one step of a sum stands for; zero point 0.
        targets: for each tree the output that it is added to; empty where leaves have all.
    """

    name: ClassVar[str] = "trees.forest"

    roots: tuple[int, ...]
    out: Quant
    targets: tuple[int, ...] = ()

    def infer(self, types: Types) -> Types:
        """Return s32 ``[M, K]`` or ``[1, M, K]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,), (DType.S16,), (DType.S16,), (DType.S32,))
        x, nodes, leaves, bias = types
        if len(x.shape) not in (2, 3) or (len(x.shape) == 3 and x.shape[0] != 1):
            raise ShapeMismatch(f"{self.name}: input {x}; wanted s16[M, F] or s16[1, M, F]")
        if len(nodes.shape) != 2 or nodes.shape[1] != 3 or nodes.shape[0] > MOST:
            raise ShapeMismatch(f"{self.name}: nodes {nodes}; wanted s16[N, 3], N at most {MOST}")
        outputs = bias.shape[0]
        wanted = 1 if self.targets else outputs
        if len(leaves.shape) != 2 or leaves.shape[1] != wanted or len(bias.shape) != 1:
            raise ShapeMismatch(f"{self.name}: leaves {leaves}; wanted s16[L, {wanted}]")
        if not self.roots or (self.targets and len(self.targets) != len(self.roots)):
            raise ShapeMismatch(
                f"{self.name}: {len(self.roots)} trees, {len(self.targets)} targets; wanted at "
                "least one tree, and a target for each or none at all"
            )
        if any(not 0 <= t < outputs for t in self.targets) or self.out.zero_point != 0:
            raise ShapeMismatch(f"{self.name}: targets must be outputs, and the zero point 0")
        return (TensorType((*x.shape[:-1], outputs), DType.S32, self.out),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Walk all rows down each tree together."""
        x, nodes, leaves, bias = arrays
        check_nodes(nodes, self.roots, types[0].shape[-1], len(leaves))
        rows = x.reshape(-1, x.shape[-1])
        sums = np.repeat(bias.astype(np.int64)[None], len(rows), axis=0)
        for tree, root in enumerate(self.roots):
            said = leaves[walk(rows, nodes, root)].astype(np.int64)
            if self.targets:
                sums[:, self.targets[tree]] += said[:, 0]
            else:
                sums += said
        (y,) = self.infer(types)
        return (sums.astype(np.int32).reshape(y.shape),)

    def macs(self, types: Types) -> int:
        """Return 0: there are comparisons, and nothing is multiplied."""
        del types
        return 0

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(), None, None, None)


def walk(x: Array, nodes: Array, root: int) -> npt.NDArray[np.int64]:
    """Return int64 ``[M]``, the leaf at which each row of ``x`` ends."""
    at = np.full(len(x), root, np.int64)
    row = np.arange(len(x))
    while (inner := nodes[at, FEATURE] != LEAF).any():
        left = x[row, np.maximum(nodes[at, FEATURE], 0)] <= nodes[at, THRESHOLD]
        at += np.where(inner, np.where(left, 1, nodes[at, SKIP]), 0)
    leaf: npt.NDArray[np.int64] = nodes[at, THRESHOLD].astype(np.int64)
    return leaf


def check_nodes(nodes: Array, roots: tuple[int, ...], features: int, leaves: int) -> None:
    """Raise `ShapeMismatch` unless every walk ends at a leaf that exists."""
    starts, after = np.array(roots, np.int64), np.array([*roots[1:], len(nodes)], np.int64)
    if roots[0] != 0 or (after <= starts).any():
        raise ShapeMismatch(f"{Forest.name}: roots {roots[:3]}…; wanted them to rise from 0")
    end = np.repeat(after, after - starts)  # of the tree that a node is in
    feature, threshold, skip = nodes.T.astype(np.int64)
    wrong = np.where(
        feature == LEAF,
        (threshold < 0) | (threshold >= leaves),
        (feature < 0) | (feature >= features) | (skip < 2) | (np.arange(len(end)) + skip >= end),
    )
    if wrong.any():
        i = int(wrong.argmax())
        raise ShapeMismatch(
            f"{Forest.name}: node {i} is {nodes[i].tolist()}; wanted a feature below {features} "
            f"and a right child inside its tree, or -1 and a leaf below {leaves}"
        )
