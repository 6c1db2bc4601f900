"""Where a sum or difference is one linear form of its operands, to the bit (``linear_sum.h``).

    y = saturate(floor((a * p + b * q + r) / 2**22))

The reference rounds five times. It is a staircase all the same, and its steps lie where those of
a linear form lie if the form is chosen well. There are only 65536 pairs of operands: for slopes
near the real ones every pair bounds the offset r from below and from above, and any r within all
bounds is exact. Where no slopes near by leave room for one, the form is not used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import cast

import numpy as np

from milliwatt.ir import Array, Kind, Node, TensorType
from milliwatt.kernels.row_loop import loop_params
from milliwatt.ops.fixed import INT32_MAX, INT32_MIN, Int64
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.sub import Sub

SHIFT = 22
NEAR = 3  # how far from the real slopes to look
INT8 = np.arange(-128, 128, dtype=np.int8)


@dataclass(frozen=True, slots=True)
class LinearSum:
    """The slopes of a and b, and the offset."""

    p: int
    q: int
    r: int


def covers(node: Node) -> bool:
    """Tell whether both operands are walked element by element and the form is exact."""
    loop = loop_params(node)
    plain = loop["outer"] == loop["a_inner"] == loop["b_inner"] == 1
    varying = all(v.kind is not Kind.CONSTANT for v in node.inputs)
    return plain and varying and _of(node) is not None


def constants(node: Node) -> Mapping[str, Array]:
    """Return ``linear``: p, q and r."""
    form = _of(node)
    assert form is not None  # noqa: S101  (covers)
    return {"linear": np.array([form.p, form.q, form.r], np.int32)}


def _of(node: Node) -> LinearSum | None:
    op = cast("Add | Sub", node.op)
    a, b = (replace(t, shape=(1,)) for t in node.types)
    return linear_sum(op, a, b)


@cache
def linear_sum(op: Add | Sub, a: TensorType, b: TensorType) -> LinearSum | None:
    """Return the form that equals ``op`` for every pair of int8, or None if none was found.

    Args:
        op: a sum or a difference.
        a: the quantisation of its first operand; the shape does not count.
        b: of its second operand.
    """
    if op.clip != (-128, 127):
        return None
    across, down = replace(a, shape=(256, 1)), replace(b, shape=(1, 256))
    (wanted,) = op.evaluate((across, down), (INT8[:, np.newaxis], INT8[np.newaxis, :]))
    sign = -1 if isinstance(op, Sub) else 1
    p = round(a.scale / op.out.scale[0] * (1 << SHIFT))
    q = sign * round(b.scale / op.out.scale[0] * (1 << SHIFT))
    nearest = sorted(product(range(-NEAR, NEAR + 1), repeat=2), key=lambda d: d[0] ** 2 + d[1] ** 2)
    for dp, dq in nearest:
        form = _with_slopes(wanted.astype(np.int64), p + dp, q + dq)
        if form is not None:
            return form
    return None


def _with_slopes(wanted: Int64, p: int, q: int) -> LinearSum | None:
    """Return the form with an offset in the middle of its bounds, or None if they leave none."""
    slope_a, slope_b = INT8.astype(np.int64)[:, np.newaxis] * p, INT8.astype(np.int64) * q
    slope = slope_a + slope_b
    least = ((wanted << SHIFT) - slope)[wanted > INT8[0]]
    most = (((wanted + 1) << SHIFT) - 1 - slope)[wanted < INT8[-1]]
    if not least.size or not most.size or least.max() > most.min():
        return None
    r = (int(least.max()) + int(most.min())) // 2
    sums = (slope_a, slope_b + r, slope + r)
    if min(s.min() for s in sums) < INT32_MIN or max(s.max() for s in sums) > INT32_MAX:
        return None
    return LinearSum(p, q, r)
