"""Filters that overlap like roof tiles: where one falls the next rises, together always 1.0.

Then the sum of a stretch and its weighted sum serve two filters: the rising one gets the weighted
sum, the falling one the rest. A bank of J filters is J + 1 stretches; the weights are those of
the rising one.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import cast

import numpy as np

from milliwatt.ir import Array, Node
from milliwatt.ops.dsp.filterbank import WEIGHT_BITS, Band, Filterbank

ONE = 1 << WEIGHT_BITS


def covers(node: Node) -> bool:
    """Tell whether the bank can be cut into stretches."""
    return stretches(cast("Filterbank", node.op).bands) is not None


def constants(node: Node) -> Mapping[str, Array]:
    """Return where each stretch begins and how long it is, and the rising weights of all."""
    found = stretches(cast("Filterbank", node.op).bands)
    assert found is not None  # noqa: S101  (`covers` has looked)
    starts, weights = found
    return {
        "first": np.array([starts[0]], np.int16),
        "counts": np.diff(starts).astype(np.int16),
        "weights": np.array(weights, np.uint16),
    }


def stretches(bands: tuple[Band, ...]) -> tuple[list[int], list[int]] | None:
    """Return where the stretches begin, with the end of the last, and the rising weights.

    None where the filters do not overlap as they should.
    """
    begin, end = bands[0].first, bands[-1].end
    if any(b.first < begin or b.end > end for b in bands):
        return None
    starts, weights = [begin], []
    for j, band in enumerate(bands[:-1]):
        following = bands[j + 1]
        cut = band.end
        while cut > starts[-1] and _at(band, cut - 1) + _at(following, cut - 1) == ONE:
            cut -= 1
        starts.append(cut)
    # the last filter's own falling side begins where the one before has ended
    starts += [max(starts[-1], bands[-2].end if len(bands) > 1 else end), end]
    for j in range(len(bands)):
        weights += [_at(bands[j], k) for k in range(starts[j], starts[j + 1])]
    weights += [ONE - _at(bands[-1], k) for k in range(starts[-2], end)]
    wanted = [[_at(b, k) for k in range(begin, end)] for b in bands]
    in_order = starts == sorted(starts)
    return (starts, weights) if in_order and _rebuilt(starts, weights) == wanted else None


def _at(band: Band, k: int) -> int:
    return band.weights[k - band.first] if band.first <= k < band.end else 0


def _rebuilt(starts: list[int], weights: list[int]) -> list[list[int]]:
    """Return what a kernel makes of stretches: each filter's weights."""
    rows = [[0] * (starts[-1] - starts[0]) for _ in range(len(starts) - 2)]
    for s, (a, b) in enumerate(pairwise(starts)):
        for k in range(a - starts[0], b - starts[0]):
            if s < len(rows):
                rows[s][k] += weights[k]
            if s > 0:
                rows[s - 1][k] += ONE - weights[k]
    return rows
