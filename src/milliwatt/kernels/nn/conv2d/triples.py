"""Constants of the convolution that adds up three taps in half a register (see ``s8_many.c``).

Three products of an int8 input stay below half of 2**16 if their weights, without signs, add up to
at most 255. In the order of the model one triple in two has a filter where they do not. In which
order taps are taken changes nothing, so they are given places where it holds for every filter:
the heaviest tap of those left takes the heaviest that it gets along with, and then another.
A place that no tap fits stays empty.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content, fold_zero_point
from milliwatt.kernels.rescale import Products, rescale_shifts, scales
from milliwatt.ops.bounds import dot_bounds
from milliwatt.ops.fixed import Int32
from milliwatt.ops.nn.conv2d import Conv2d, channel_multipliers

Places = NDArray[np.int64]
Weights = NDArray[np.int16]

FILTERS = 4
TRIPLE = 3
LARGEST_SUM = 255
"""Of three weights: 128 times as much is within int16."""
PLACE_BYTES = 8  # two pairs of pixels
SEARCHED = 64  # candidates looked at before the next ones
TRIES, QUICK = 15, 1 << 14  # other orders, and weights up to which they are tried
PIXELS = 4


def covers(node: Node) -> bool:
    """Tell whether few places stay empty, and requantisation by high words is exact."""
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    places, taps = TRIPLE * _steps(node), _places_of(node).size
    few = 3 * (places - TRIPLE) <= 4 * taps
    return few and places * PLACE_BYTES < 1 << 16 and _shifts(node) is not None


def covers_rows_of_one(node: Node) -> bool:
    """As `covers`, for rows of one pixel: four of them are best computed together."""
    return node.output.type.shape[2] == 1 and covers(node)


def covers_short_rows(node: Node) -> bool:
    """As `covers`, for short rows of which some pixels are left over in fours."""
    pixels = node.output.type.shape[2]
    return pixels < 2 * PIXELS and pixels % PIXELS != 0 and covers(node)


def constants(node: Node) -> Mapping[str, Array]:
    """Return the places of taps, weights, scales, shift, and how many triples there are."""
    x, _, bias = node.inputs
    filters, places, shift = _filters(node), _places_of(node), _shifts(node)
    assert shift is not None  # noqa: S101  (covers)
    steps = _steps(node)
    placed = np.zeros((len(filters) + -len(filters) % FILTERS, steps * TRIPLE), np.int8)
    placed[: len(filters), places] = filters
    folded = fold_zero_point(content(bias), x.type.zero_point, filters.astype(np.int64).sum(axis=1))
    return {
        "places": (places * PLACE_BYTES).astype(np.uint16),
        "weights": np.ascontiguousarray(
            placed.reshape(-1, FILTERS, steps * TRIPLE).transpose(0, 2, 1)
        ),
        "scales": scales(folded, _multipliers(node)[0]),
        "shift": shift,
        "steps": np.array([steps], np.int32),
    }


def scratch_bytes(node: Node) -> int:
    """Room for the widened inputs of four pixels, and one pixel of zero points."""
    return _steps(node) * TRIPLE * PLACE_BYTES + node.inputs[0].type.shape[3]


def triples(filters: Array) -> Places:
    """Return a place for each tap, three to a group, so that no group exceeds `LARGEST_SUM`.

    Args:
        filters: int8 weights ``[filters, taps]``.
    """
    weights: Weights = np.abs(filters.astype(np.int16))
    taps = weights.shape[1]
    best = None
    for order in _orders(weights):
        groups = _grouped(weights, order)
        if best is None or len(groups) < len(best):
            best = groups
        if len(best) * TRIPLE < taps + TRIPLE:
            break
    places = np.zeros(taps, np.int64)
    for step, group in enumerate(best or ()):
        places[group] = step * TRIPLE + np.arange(len(group))
    return places


def _orders(weights: Weights) -> Iterator[NDArray[np.int64]]:
    """Yield orders in which to take taps: the heaviest first, then nearly so if that is quick."""
    weight = np.sqrt((weights.astype(np.float64) ** 2).sum(axis=0))
    yield np.argsort(-weight, kind="stable")
    rng = np.random.default_rng(0)
    for _ in range(TRIES if weights.size <= QUICK else 0):
        yield np.argsort(-weight * rng.uniform(0.8, 1.25, weight.size), kind="stable")


def _grouped(weights: Weights, order: NDArray[np.int64]) -> list[list[int]]:
    left = order.tolist()
    groups = []
    while left:
        group = [left.pop(0)]
        total: Weights = weights[:, group[0]]
        while len(group) < TRIPLE and (at := _fitting(weights, total, left)) is not None:
            group.append(left.pop(at))
            total = total + weights[:, group[-1]]
        groups.append(group)
    return groups


def _fitting(weights: Weights, total: Weights, left: list[int]) -> int | None:
    """Return which of the taps left fits first, or None."""
    for first in range(0, len(left), SEARCHED):
        taps = left[first : first + SEARCHED]
        fits = (total[:, np.newaxis] + weights[:, taps] <= LARGEST_SUM).all(axis=0)
        if fits.any():
            return first + int(fits.argmax())
    return None


@lru_cache(maxsize=256)
def _places(weights: bytes, shape: tuple[int, int]) -> Places:
    return triples(np.frombuffer(weights, np.int8).reshape(shape))


def _filters(node: Node) -> Array:
    w = content(node.inputs[1])
    return w.reshape(len(w), -1)


def _places_of(node: Node) -> Places:
    filters = _filters(node)
    return _places(filters.tobytes(), (filters.shape[0], filters.shape[1]))


def _steps(node: Node) -> int:
    """Return how many triples there are."""
    return int(_places_of(node).max()) // TRIPLE + 1


def _shifts(node: Node) -> Array | None:
    x, w, bias = node.inputs
    bounds = dot_bounds(content(w), content(bias), x.type.zero_point)
    return rescale_shifts(Products.HIGH, bounds, *_multipliers(node))


def _multipliers(node: Node) -> tuple[Int32, Int32]:
    op = cast("Conv2d", node.op)
    return channel_multipliers(node.inputs[0].type, node.inputs[1].type, op.out)
